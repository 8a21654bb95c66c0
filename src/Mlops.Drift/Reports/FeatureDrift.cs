namespace Mlops.Drift;

/// <summary>What became of one column. The headline numbers are those of the check that decided.</summary>
public sealed record FeatureDrift
{
    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>Numeric or categorical.</summary>
    public required ColumnKind Kind { get; init; }

    /// <summary>What the column means to the model.</summary>
    public required ColumnRole Role { get; init; }

    /// <summary>Drift needs significance across all features and an effect at or above the floor.</summary>
    public required DriftVerdict Verdict { get; init; }

    /// <summary>The deciding test.</summary>
    public required DriftTest Test { get; init; }

    /// <summary>Its statistic, or null where undefined.</summary>
    public double? Statistic { get; init; }

    /// <summary>The column's p-value: the smallest of its checks' p-values over their <see cref="DriftCheck.Weight"/>; null where nothing could be tested.</summary>
    public double? PValue { get; init; }

    /// <summary>The p-value adjusted for the number of features (Benjamini and Hochberg 1995).</summary>
    public double? AdjustedPValue { get; init; }

    /// <summary>How large the difference is, in the unit stated at <see cref="DriftTest"/>.</summary>
    public double? Effect { get; init; }

    /// <summary>The smallest effect that counts.</summary>
    public required double EffectFloor { get; init; }

    /// <summary>The effect this window would have found with probability 0.8; null where unknown.</summary>
    public double? MinimumDetectableEffect { get; init; }

    /// <summary>The verdict's reason in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Every test made of this column.</summary>
    public required IReadOnlyList<DriftCheck> Checks { get; init; }

    /// <summary>Reference rows compared with.</summary>
    public long ReferenceRows { get; init; }

    /// <summary>Rows of the window.</summary>
    public long CurrentRows { get; init; }

    /// <summary>How much serial dependence inflated the reference's variance; 1 for independent rows.</summary>
    public double ReferenceInflation { get; init; } = 1;

    /// <summary>How much serial dependence inflated the window's variance; 1 for independent rows.</summary>
    public double CurrentInflation { get; init; } = 1;

    /// <summary>The mean of the reference's finite values; null for categories.</summary>
    public double? ReferenceMean { get; init; }

    /// <summary>The mean of the window's finite values; null for categories.</summary>
    public double? CurrentMean { get; init; }

    /// <summary>The share of the reference's rows that miss the value.</summary>
    public double ReferenceMissingShare { get; init; }

    /// <summary>The share of the window's rows that miss the value.</summary>
    public double CurrentMissingShare { get; init; }

    /// <summary>Up to ten categories of the window that the reference never saw, most frequent first.</summary>
    public IReadOnlyList<CategoryCount> NewCategories { get; init; } = [];

    /// <summary>Up to ten categories of the reference that the window lacks, with their rows in the reference.</summary>
    public IReadOnlyList<CategoryCount> VanishedCategories { get; init; } = [];

    /// <summary>The reference's share per bin, or per category with one more for all others.</summary>
    public IReadOnlyList<double> ReferenceShares { get; init; } = [];

    /// <summary>The window's share of the same bins or categories.</summary>
    public IReadOnlyList<double> CurrentShares { get; init; } = [];
}
