namespace Mlops.Tracking;

public sealed partial class Tracker
{
    private const int MinimumCompared = 2;
    private const int MaximumCompared = 20;
    private const int MaximumCurves = 24;
    private const int CurveBuckets = 200;

    /// <summary>Puts runs side by side: parameters, metrics with their curves, tags, environment and data, and which runs agree in what.</summary>
    /// <param name="runIds">2 to 20 different runs of any experiments, in the order they are to stand in.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">There are fewer or more, or one is named twice.</exception>
    /// <exception cref="RunNotFoundException">No run has one of the ids.</exception>
    public Task<RunComparison> CompareRunsAsync(IReadOnlyList<string> runIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runIds);
        if (runIds.Count is < MinimumCompared or > MaximumCompared)
        {
            throw new ArgumentException($"{MinimumCompared} to {MaximumCompared} runs are compared, got {runIds.Count}.", nameof(runIds));
        }

        string[] ids = [.. runIds];
        foreach (string id in ids)
        {
            ArgumentException.ThrowIfNullOrEmpty(id, nameof(runIds));
        }

        if (ids.Distinct(StringComparer.Ordinal).Count() < ids.Length)
        {
            throw new ArgumentException("A run is named twice.", nameof(runIds));
        }

        return CompareRunsCoreAsync(_environment.RequireDatabase(nameof(CompareRunsAsync), "Read the runs with GetRunAsync.").Store, ids, cancellationToken);
    }

    private static async Task<RunComparison> CompareRunsCoreAsync(TrackingStore store, string[] runIds, CancellationToken cancellationToken)
    {
        List<RunRow> rows = [];
        foreach (string id in runIds)
        {
            rows.Add(await store.GetRowAsync(id, cancellationToken).ConfigureAwait(false));
        }

        List<RunRecord> runs = await store.DescribeAsync(rows, cancellationToken).ConfigureAwait(false);
        ILookup<long, DatasetInput> datasets = await store.ListDatasetsAsync(rows.ConvertAll(static row => row.Key), cancellationToken).ConfigureAwait(false);
        var environments = new RunEnvironment?[runs.Count];
        for (int i = 0; i < environments.Length; i++)
        {
            environments[i] = await store.FindEnvironmentAsync(runIds[i], cancellationToken).ConfigureAwait(false);
        }

        return ComparisonBuilder.Build(
            runs, environments, [.. rows.Select(row => datasets[row.Key].ToArray())], await CompareMetricsAsync(store, rows, runs, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<List<ComparedMetric>> CompareMetricsAsync(TrackingStore store, List<RunRow> rows, List<RunRecord> runs, CancellationToken cancellationToken)
    {
        List<ComparedMetric> metrics = [];
        int drawn = 0;
        foreach (string name in ComparisonBuilder.NamesOf(runs, static run => run.Metrics.Keys))
        {
            MetricSummary?[] summaries = [.. runs.Select(run => run.Metrics.GetValueOrDefault(name))];
            bool isDrawn = drawn < MaximumCurves && Array.Exists(summaries, static summary => summary?.Count > 1);
            drawn += isDrawn ? 1 : 0;
            var curves = new IReadOnlyList<MetricBucket>[runs.Count];
            for (int run = 0; run < curves.Length; run++)
            {
                curves[run] = isDrawn && summaries[run] is not null
                    ? await store.ReadEnvelopeAsync(rows[run].Key, name, CurveBuckets, cancellationToken).ConfigureAwait(false)
                    : [];
            }

            metrics.Add(new ComparedMetric(name, summaries, curves));
        }

        return metrics;
    }
}
