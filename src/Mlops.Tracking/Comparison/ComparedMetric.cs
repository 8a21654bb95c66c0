namespace Mlops.Tracking;

/// <summary>One metric of several runs side by side.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Summaries">What is known of it in each run, in the order of <see cref="RunComparison.Runs"/>; null where a run has none.</param>
/// <param name="Curves">
/// Its course in each run, in at most 200 buckets; empty where the run has none, and everywhere for metrics of one point and beyond the
/// first 24 metrics.
/// </param>
public sealed record ComparedMetric(string Name, IReadOnlyList<MetricSummary?> Summaries, IReadOnlyList<IReadOnlyList<MetricBucket>> Curves)
{
    /// <summary>Which runs agree in its last value: those with the same number, counted from 0 in order of appearance; NaN agrees with NaN.</summary>
    public IReadOnlyList<int> Groups { get; } = Agreement.Of([.. Summaries.Select(static summary => summary is null ? (long?)null : ValueOrder.Of(summary.Value))]);

    /// <summary>Whether any run disagrees with another in its last value.</summary>
    public bool Differs => Groups.Any(static group => group > 0);
}
