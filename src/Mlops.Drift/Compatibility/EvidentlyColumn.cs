namespace Mlops.Drift;

/// <summary>What Evidently's rules say of one column.</summary>
public sealed record EvidentlyColumn
{
    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>The test that the rules choose or the options name.</summary>
    public required EvidentlyTest Test { get; init; }

    /// <summary>The p-value or distance, see <see cref="EvidentlyTest"/>; null when a batch has no value, where Evidently throws, and for chi-squared of a single category, where it has NaN.</summary>
    public required double? Score { get; init; }

    /// <summary>0.05 for p-values, 0.1 for distances, or what the options say.</summary>
    public required double Threshold { get; init; }

    /// <summary>A p-value below the threshold (Kolmogorov-Smirnov: at it as well), a distance at or above it.</summary>
    public required bool IsDrifted { get; init; }
}
