using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class Tracker
{
    private const int MaximumTake = 1_000;
    private const int MaximumEqualities = 16;
    private const int MaximumBuckets = 10_000;
    private const int MaximumExperiments = 10_000;
    private const int MaximumPoints = 25_000;

    /// <summary>Reads a run with its parameters, tags and metric summaries, also one that is deleted.</summary>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public async Task<RunRecord> GetRunAsync(string runId, CancellationToken cancellationToken = default) =>
        await FindRunAsync(runId, cancellationToken).ConfigureAwait(false) ?? throw new RunNotFoundException(runId);

    /// <summary>Reads a run with its parameters, tags and metric summaries, also one that is deleted; null when no run has this id.</summary>
    public Task<RunRecord?> FindRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return _store.FindRunAsync(runId, cancellationToken);
    }

    /// <summary>
    /// Reads every point of a metric, each once, ordered by step, then time, then value with NaN last: the order does not depend on how the
    /// points arrived; there are <see cref="MetricSummary.Count"/> of them, and the last is the summary's. Empty when the run has no such metric.
    /// </summary>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public Task<IReadOnlyList<MetricPoint>> GetMetricHistoryAsync(string runId, string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        Names.RequireKey(key, nameof(key));
        return _store.ReadHistoryAsync(runId, key, cancellationToken);
    }

    /// <summary>
    /// Reads a metric's points page by page, in the order of <see cref="GetMetricHistoryAsync"/>, without reading the others. Empty when
    /// the run has no such metric.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="key">The metric.</param>
    /// <param name="take">At most so many points, 1 to 25 000.</param>
    /// <param name="after">The <see cref="MetricPage.Next"/> of the page before; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">The key or the position is not one.</exception>
    /// <exception cref="NotSupportedException">The tracker is over another store than a database.</exception>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public Task<MetricPage> ListMetricPointsAsync(string runId, string key, int take = 1_000, string? after = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        Names.RequireKey(key, nameof(key));
        if (take is < 1 or > MaximumPoints)
        {
            throw new ArgumentOutOfRangeException(nameof(take), take, $"A page has 1 to {MaximumPoints} points.");
        }

        // First, because only a database's positions are read here.
        TrackingStore store = _environment.RequireDatabase(nameof(ListMetricPointsAsync), "Read the whole metric with GetMetricHistoryAsync.").Store;
        Sample? position = after is null ? null : SamplePosition.Parse(after, nameof(after));
        return ListMetricPointsCoreAsync(store, runId, key, take, position, cancellationToken);
    }

    /// <summary>
    /// Reads a metric's points cut into at most <paramref name="points"/> runs of equal length in the order of
    /// <see cref="GetMetricHistoryAsync"/>, for curves: the envelope of a series of any length, with every extreme. Empty when the run has
    /// no such metric.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="key">The metric.</param>
    /// <param name="points">The most buckets, 1 to 10 000; a shorter series has a bucket per point.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public Task<IReadOnlyList<MetricBucket>> GetMetricEnvelopeAsync(string runId, string key, int points = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        Names.RequireKey(key, nameof(key));
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(points, MaximumBuckets);
        return GetMetricEnvelopeCoreAsync(runId, key, points, cancellationToken);
    }

    /// <summary>Lists runs of an experiment page by page; empty when there is no such experiment.</summary>
    /// <param name="experiment">The experiment's name.</param>
    /// <param name="query">Conditions, order and page; null for the newest 100.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">The query asks for too much, or its position is not one.</exception>
    /// <exception cref="FilterException">Its filter cannot be read.</exception>
    public Task<RunPage> ListRunsAsync(string experiment, RunQuery? query = null, CancellationToken cancellationToken = default)
    {
        Names.RequireName(experiment, nameof(experiment));
        return ListRunsAsync([experiment], query, cancellationToken);
    }

    /// <summary>Lists runs of several experiments page by page, in one order; experiments that do not exist have none.</summary>
    /// <param name="experiments">The experiments' names, 1 to 10 000.</param>
    /// <param name="query">Conditions, order and page; null for the newest 100.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">There are no or too many experiments, the query asks for too much, or its position is not one.</exception>
    /// <exception cref="FilterException">Its filter cannot be read.</exception>
    public Task<RunPage> ListRunsAsync(IReadOnlyList<string> experiments, RunQuery? query = null, CancellationToken cancellationToken = default)
    {
        string[] names = RequireExperiments(experiments);
        query = query?.Clone() ?? new RunQuery();
        Require(query);
        return _store.ListRunsAsync(names, query, cancellationToken);
    }

    /// <summary>Counts the runs of an experiment; 0 when there is no such experiment.</summary>
    /// <param name="experiment">The experiment's name.</param>
    /// <param name="filter">As <see cref="RunQuery.Filter"/>; null for all runs.</param>
    /// <param name="lifecycle">Whether those runs are counted that exist, that were deleted, or both.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="FilterException">The filter cannot be read.</exception>
    public Task<long> CountRunsAsync(
        string experiment, string? filter = null, Lifecycle lifecycle = Lifecycle.Active, CancellationToken cancellationToken = default)
    {
        Names.RequireName(experiment, nameof(experiment));
        return CountRunsAsync([experiment], filter, lifecycle, cancellationToken);
    }

    /// <summary>Counts the runs of several experiments; those that do not exist have none.</summary>
    /// <param name="experiments">The experiments' names, 1 to 10 000.</param>
    /// <param name="filter">As <see cref="RunQuery.Filter"/>; null for all runs.</param>
    /// <param name="lifecycle">Whether those runs are counted that exist, that were deleted, or both.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">There are no or too many experiments.</exception>
    /// <exception cref="FilterException">The filter cannot be read.</exception>
    public Task<long> CountRunsAsync(
        IReadOnlyList<string> experiments, string? filter = null, Lifecycle lifecycle = Lifecycle.Active, CancellationToken cancellationToken = default)
    {
        string[] names = RequireExperiments(experiments);
        RequireDefined(lifecycle, nameof(lifecycle));
        TrackingStore store = _environment.RequireDatabase(nameof(CountRunsAsync), "Read the pages of ListRunsAsync and count.").Store;
        return store.CountRunsAsync(names, filter is null ? null : Filter.Parse(filter, RunFields.All), lifecycle, cancellationToken).AsTask();
    }

    /// <summary>Lists what a run logged as artifacts, ordered by name.</summary>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public Task<IReadOnlyList<RunArtifact>> ListArtifactsAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return _store.ListArtifactsAsync(runId, cancellationToken);
    }

    /// <summary>Opens a file of a run. Where the store knows their hash, its bytes are verified while they are read.</summary>
    /// <exception cref="ArgumentException">The name does not follow the grammar of <see cref="ArtifactName"/>.</exception>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunArtifactNotFoundException">The run has none of that name.</exception>
    public Task<Stream> OpenArtifactAsync(string runId, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArtifactName parsed = ArtifactName.Parse(name);
        return _store.OpenArtifactAsync(runId, parsed.Value, cancellationToken);
    }

    private static async Task<MetricPage> ListMetricPointsCoreAsync(
        TrackingStore store, string runId, string key, int take, Sample? after, CancellationToken cancellationToken)
    {
        RunRow run = await store.GetRowAsync(runId, cancellationToken).ConfigureAwait(false);
        (List<Sample> samples, bool isLast) = await store.ReadPageAsync(run.Key, key, take, after, cancellationToken).ConfigureAwait(false);
        return new MetricPage(samples.ConvertAll(static sample => sample.ToPoint()), isLast ? null : SamplePosition.ToText(samples[^1]));
    }

    private async Task<IReadOnlyList<MetricBucket>> GetMetricEnvelopeCoreAsync(string runId, string key, int points, CancellationToken cancellationToken)
    {
        if (_environment.Database is { Store: { } store })
        {
            RunRow run = await store.GetRowAsync(runId, cancellationToken).ConfigureAwait(false);
            return await store.ReadEnvelopeAsync(run.Key, key, points, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<MetricPoint> history = await _store.ReadHistoryAsync(runId, key, cancellationToken).ConfigureAwait(false);
        return history.Count == 0 ? [] : EnvelopeBuilder.Build([.. history.Select(static point => Sample.Of(point.Step, UnixMicroseconds.From(point.Time), point.Value))], points);
    }

    /// <exception cref="ArgumentException">The query asks for too much, or a part of it cannot be read.</exception>
    private static void Require(RunQuery query)
    {
        if (query.Take is < 1 or > MaximumTake)
        {
            throw new ArgumentOutOfRangeException(nameof(query), query.Take, $"A page has 1 to {MaximumTake} runs.");
        }

        if (query.Tags?.Count > MaximumEqualities || query.Parameters?.Count > MaximumEqualities)
        {
            throw new ArgumentException(
                $"A query compares at most {MaximumEqualities} tags and {MaximumEqualities} parameters; "
                + $"this one has {query.Tags?.Count ?? 0} and {query.Parameters?.Count ?? 0}.", nameof(query));
        }

        RequireDefined(query.Lifecycle, nameof(query));
        if (query.Filter is not null)
        {
            // Every store takes this language or less of it.
            _ = Filter.Parse(query.Filter, RunFields.All);
        }

        query.Columns = query.Columns is null ? null : RunColumns.Parse(query.Columns, nameof(query)).ToNames();
    }

    private static string[] RequireExperiments(IReadOnlyList<string> experiments)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        if (experiments.Count is < 1 or > MaximumExperiments)
        {
            throw new ArgumentException($"Runs are listed of 1 to {MaximumExperiments} experiments, got {experiments.Count}.", nameof(experiments));
        }

        foreach (string experiment in experiments)
        {
            Names.RequireName(experiment, nameof(experiments));
        }

        return [.. experiments];
    }
}
