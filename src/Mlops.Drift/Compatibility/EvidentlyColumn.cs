namespace Mlops.Drift;

/// <summary>What Evidently's rules say of one column.</summary>
public sealed record EvidentlyColumn
{
    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>The test that the rules choose.</summary>
    public required EvidentlyTest Test { get; init; }

    /// <summary>The p-value or distance, see <see cref="EvidentlyTest"/>; null when a batch has no value, where Evidently throws.</summary>
    public required double? Score { get; init; }

    /// <summary>0.05 for p-values, 0.1 for distances.</summary>
    public required double Threshold { get; init; }

    /// <summary>A p-value below the threshold (Kolmogorov-Smirnov: at it as well), a distance at or above it.</summary>
    public required bool IsDrifted { get; init; }
}
