namespace Mlops.Tracking;

/// <summary>What is known of a metric without reading its history.</summary>
/// <param name="Count">
/// How many points the history has, at least 1: one that was logged more than once (<see cref="Metric"/>) counts once. Exact at any time; what versions
/// before this rule stored more than once counts so until the run's points are packed, and in what they packed themselves for good.
/// </param>
/// <param name="Minimum">The smallest value; infinities count, NaN does not; null when every value is NaN.</param>
/// <param name="Maximum">The largest value; infinities count, NaN does not; null when every value is NaN.</param>
/// <param name="Last">The point of the highest step; of equal steps the latest; of equal times the largest value, NaN above all.</param>
public sealed record MetricSummary(long Count, double? Minimum, double? Maximum, MetricPoint Last)
{
    /// <summary>
    /// True when the store tells no more than <see cref="Last"/>: count, minimum and maximum are then of that point alone, and
    /// <see cref="Tracker.GetMetricHistoryAsync"/> knows the others. Never of runs in a database.
    /// </summary>
    public bool IsLastOnly { get; init; }

    /// <summary>The value of <see cref="Last"/>.</summary>
    public double Value => Last.Value;
}
