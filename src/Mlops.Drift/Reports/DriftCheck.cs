namespace Mlops.Drift;

/// <summary>One test of one column.</summary>
public sealed record DriftCheck
{
    /// <summary>What was compared and how.</summary>
    public required DriftTest Test { get; init; }

    /// <summary>The test's statistic, or null where it is undefined.</summary>
    public double? Statistic { get; init; }

    /// <summary>The p-value of this test alone, two-sided unless <see cref="DriftTest"/> says otherwise; null where there is nothing to test.</summary>
    public double? PValue { get; init; }

    /// <summary>How large the difference is; the unit is stated at <see cref="DriftTest"/>.</summary>
    public double? Effect { get; init; }

    /// <summary>The smallest effect that counts.</summary>
    public required double EffectFloor { get; init; }

    /// <summary>The share of the column's level that this check may spend, fixed beforehand (weighted Bonferroni): 0.8 for the distribution, 0.2 / 3 for each of the others.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>The effect that would have been found with probability 0.8 at the level alpha of a single test; null where unknown.</summary>
    public double? MinimumDetectableEffect { get; init; }

    /// <summary>Why there is no p-value, in words; null when there is one.</summary>
    public string? NotTested { get; init; }
}
