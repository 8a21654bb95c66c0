namespace Mlops.Statistics;

/// <summary>Why a result has no p-value or no statistic.</summary>
public enum NotComputableReason
{
    /// <summary>A sample holds no usable value.</summary>
    EmptySample,

    /// <summary>A sample has fewer values than the statistic needs.</summary>
    TooFewValues,

    /// <summary>The data does not vary, so the statistic has no scale.</summary>
    ConstantSample,

    /// <summary>All counts fall into one category or bin, so there is nothing to compare.</summary>
    SingleCategory,

    /// <summary>Values leave the range that double arithmetic can square, or a statistic of the caller gives no finite number.</summary>
    NumericOverflow,
}
