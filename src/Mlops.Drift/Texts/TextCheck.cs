namespace Mlops.Drift;

/// <summary>One test of texts.</summary>
public sealed record TextCheck
{
    /// <summary>What was compared and how.</summary>
    public required TextTest Test { get; init; }

    /// <summary>The test's statistic, or null where it is undefined.</summary>
    public double? Statistic { get; init; }

    /// <summary>The p-value of this test alone; null where there is nothing to test.</summary>
    public double? PValue { get; init; }

    /// <summary>The p-value adjusted for all checks (Benjamini and Hochberg 1995); null where there is nothing to test.</summary>
    public double? AdjustedPValue { get; init; }

    /// <summary>How large the difference is; the unit is stated at <see cref="TextTest"/>.</summary>
    public double? Effect { get; init; }

    /// <summary>The smallest effect that counts.</summary>
    public required double EffectFloor { get; init; }

    /// <summary>The effect that would have been found with probability 0.8 at the level alpha of a single test; null where unknown.</summary>
    public double? MinimumDetectableEffect { get; init; }

    /// <summary>Why there is no p-value, in words; null when there is one.</summary>
    public string? NotTested { get; init; }

    /// <summary>True when the adjusted p-value is at most alpha and the effect at least the floor.</summary>
    public bool IsDrift { get; init; }
}
