using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore : ITrackingStore
{
    private long Now => UnixMicroseconds.From(_time.GetUtcNow());

    /// <summary>Called with a run that should be packed, after a write that no handle made.</summary>
    public Action<long, string>? PackingIsDue { get; set; }

    // Nobody holds it, so nobody's death ends it; and it is not this process that computes it.
    async Task<RunRecord> ITrackingStore.StartRunAsync(NewRun run, CancellationToken cancellationToken)
    {
        RunRow row = (await StartRunAsync(run with { Claim = null, Environment = null }, cancellationToken).ConfigureAwait(false)).Row;

        // Of a run that is new everything is known; one that the key was used for before has to be read.
        return row.Id == run.Id
            ? Describe(row, [], run.Tags.OrderBy(static tag => tag.Key, StringComparer.Ordinal).Select(static tag => (tag.Key, tag.Value)), [])
            : await DescribeAsync(row, cancellationToken).ConfigureAwait(false);
    }

    Task ITrackingStore.LogAsync(string runId, RunLog log, CancellationToken cancellationToken)
    {
        long now = Now;
        var batch = new RunBatch
        {
            Run = 0,
            RunId = runId,
            Parameters = Sorted(log.Parameters),
            Tags = Sorted(log.Tags),
            Datasets = log.Datasets ?? [],
            Time = now,
        };
        if (log.Metrics is not { Count: > 0 } metrics)
        {
            return LogBatchAsync(batch, cancellationToken);
        }

        var encoder = new BlockEncoder();
        return LogBatchAsync(batch, encoder, Points(metrics, encoder, now), cancellationToken);
    }

    async Task<RunRecord> ITrackingStore.UpdateRunAsync(string runId, RunUpdate update, CancellationToken cancellationToken)
    {
        (long run, long freshBlocks) = await UpdateRunAsync(
            runId, update.Status, update.EndTime is { } end ? UnixMicroseconds.From(end) : null, update.Name, Now, cancellationToken).ConfigureAwait(false);
        if (update.Status > RunStatus.Running && freshBlocks >= Packing.BlocksLeftUnpacked)
        {
            PackingIsDue?.Invoke(run, runId);
        }

        return await DescribeAsync(await GetRowAsync(runId, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    Task<bool> ITrackingStore.DeleteRunAsync(string runId, CancellationToken cancellationToken) => DeleteRunAsync(runId, Now, cancellationToken);

    async Task<RunRecord?> ITrackingStore.FindRunAsync(string runId, CancellationToken cancellationToken) =>
        await FindRunAsync(runId, cancellationToken).ConfigureAwait(false) is { } row ? await DescribeAsync(row, cancellationToken).ConfigureAwait(false) : null;

    Task<RunPage> ITrackingStore.ListRunsAsync(IReadOnlyList<string> experiments, RunQuery query, CancellationToken cancellationToken)
    {
        Filter? filter = query.Filter is null ? null : Filter.Parse(query.Filter, RunFields.All);
        RunColumns? columns = query.Columns is null ? null : RunColumns.Parse(query.Columns, nameof(query));
        OrderPosition? after = query.After is null ? null : query.Order.Keys.ParsePosition(query.After, nameof(query));
        return ListAsync();

        async Task<RunPage> ListAsync()
        {
            (List<RunRecord> runs, OrderPosition? next) = await ListRunsAsync(experiments, query, filter, columns, after, cancellationToken).ConfigureAwait(false);
            return new RunPage(runs, next?.ToString());
        }
    }

    async Task<IReadOnlyList<MetricPoint>> ITrackingStore.ReadHistoryAsync(string runId, string key, CancellationToken cancellationToken)
    {
        RunRow run = await GetRowAsync(runId, cancellationToken).ConfigureAwait(false);
        List<Sample> samples = await ReadHistoryAsync(run.Key, key, cancellationToken).ConfigureAwait(false);
        return samples.ConvertAll(static sample => sample.ToPoint());
    }

    async Task<IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>>> ITrackingStore.ListDatasetsAsync(
        IReadOnlyList<string> runIds, CancellationToken cancellationToken)
    {
        List<(long Key, string Id)> runs = await FindKeysAsync(runIds, cancellationToken).ConfigureAwait(false);
        if (runs.Count == 0)
        {
            return new Dictionary<string, IReadOnlyList<DatasetInput>>();
        }

        ILookup<long, DatasetInput> inputs = await ListDatasetsAsync(runs.ConvertAll(static run => run.Key), cancellationToken).ConfigureAwait(false);
        return runs.Where(run => inputs.Contains(run.Key)).ToDictionary(
            static run => run.Id, run => (IReadOnlyList<DatasetInput>)[.. inputs[run.Key]], StringComparer.Ordinal);
    }

    async Task<RunArtifact> ITrackingStore.LogArtifactAsync(string runId, string name, Stream content, CancellationToken cancellationToken)
    {
        // Looked at before the upload as well, which may be long.
        RunRow run = await GetRowAsync(runId, cancellationToken).ConfigureAwait(false);
        if (run.Deleted is { } deleted)
        {
            throw new RunDeletedException(runId, UnixMicroseconds.ToTime(deleted));
        }

        ArtifactUpload upload = await Artifacts.UploadAsync(content, cancellationToken).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            var artifact = new RunArtifact(name, upload.Artifact.Hash, upload.Artifact.Length, UnixMicroseconds.ToTime(Now));
            await SetArtifactAsync(runId, artifact, cancellationToken).ConfigureAwait(false);
            return artifact;
        }
    }

    async Task<Stream> ITrackingStore.OpenArtifactAsync(string runId, string name, CancellationToken cancellationToken)
    {
        RunRow run = await GetRowAsync(runId, cancellationToken).ConfigureAwait(false);
        RunArtifact artifact = await FindArtifactAsync(run.Key, name, cancellationToken).ConfigureAwait(false) ?? throw new RunArtifactNotFoundException(run.Id, name);
        return await Artifacts.OpenReadAsync(artifact.Hash, cancellationToken).ConfigureAwait(false);
    }

    async Task<IReadOnlyList<RunArtifact>> ITrackingStore.ListArtifactsAsync(string runId, CancellationToken cancellationToken) =>
        await ListArtifactsAsync((await GetRowAsync(runId, cancellationToken).ConfigureAwait(false)).Key, cancellationToken).ConfigureAwait(false);

    async Task<Experiment> ITrackingStore.CreateExperimentAsync(string name, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        await GetExperimentAsync(await CreateExperimentAsync(name, Sorted(tags), Now, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    Task<Experiment?> ITrackingStore.FindExperimentAsync(string name, CancellationToken cancellationToken) => ReadExperimentAsync(ExperimentOfName, name, cancellationToken);

    Task<Experiment?> ITrackingStore.FindExperimentAsync(long id, CancellationToken cancellationToken) => ReadExperimentAsync(ExperimentOfId, id, cancellationToken);

    Task<ExperimentPage> ITrackingStore.ListExperimentsAsync(ExperimentQuery query, CancellationToken cancellationToken)
    {
        Filter? filter = query.Filter is null ? null : Filter.Parse(query.Filter, ExperimentFields.All);
        Ordering order = Ordering.Parse(query.Order, ExperimentFields.All, ExperimentFields.Ending);
        OrderPosition? after = query.After is null ? null : order.ParsePosition(query.After, nameof(query));
        return ListAsync(query.Take, query.Lifecycle);

        async Task<ExperimentPage> ListAsync(int take, Lifecycle lifecycle)
        {
            List<(ExperimentRow Row, OrderPosition Position)> rows =
                await ListExperimentsAsync(filter, order, lifecycle, take, after, cancellationToken).ConfigureAwait(false);
            OrderPosition? next = null;
            if (rows.Count > take)
            {
                rows.RemoveAt(take);
                next = rows[^1].Position;
            }

            List<Experiment> experiments = await DescribeAsync(rows.ConvertAll(static row => row.Row), cancellationToken).ConfigureAwait(false);
            return new ExperimentPage(experiments, next?.ToString());
        }
    }

    async Task<Experiment> ITrackingStore.RenameExperimentAsync(string name, string newName, CancellationToken cancellationToken) =>
        await GetExperimentAsync(await RenameExperimentAsync(name, newName, Now, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    Task ITrackingStore.SetExperimentTagAsync(string name, string key, string value, CancellationToken cancellationToken) =>
        SetExperimentTagAsync(name, key, value, Now, cancellationToken);

    Task<bool> ITrackingStore.RemoveExperimentTagAsync(string name, string key, CancellationToken cancellationToken) =>
        RemoveExperimentTagAsync(name, key, Now, cancellationToken);

    Task<bool> ITrackingStore.DeleteExperimentAsync(string name, CancellationToken cancellationToken) => DeleteExperimentAsync(name, Now, cancellationToken);

    Task<bool> ITrackingStore.RestoreExperimentAsync(string name, CancellationToken cancellationToken) => RestoreExperimentAsync(name, Now, cancellationToken);

    /// <summary>The run of an id.</summary>
    /// <exception cref="RunNotFoundException">There is none.</exception>
    public async ValueTask<RunRow> GetRowAsync(string runId, CancellationToken cancellationToken) =>
        await FindRunAsync(runId, cancellationToken).ConfigureAwait(false) ?? throw new RunNotFoundException(runId);

    /// <summary>A copy in one order, so that two writes of the same keys do not wait for each other.</summary>
    private static KeyValuePair<string, string>[] Sorted(IReadOnlyDictionary<string, string>? pairs) =>
        pairs is null ? [] : [.. pairs.OrderBy(static pair => pair.Key, StringComparer.Ordinal)];

    private static List<PendingPoint> Points(IReadOnlyList<Metric> metrics, BlockEncoder encoder, long now)
    {
        var points = new List<PendingPoint>(metrics.Count);
        foreach (Metric metric in metrics)
        {
            long time = metric.Time is { } given ? UnixMicroseconds.From(given) : now;
            points.Add(new PendingPoint(encoder.SeriesOf(metric.Key), Sample.Of(metric.Step, time, metric.Value)));
        }

        return points;
    }

    private async Task LogBatchAsync(RunBatch batch, BlockEncoder encoder, List<PendingPoint> points, CancellationToken cancellationToken)
    {
        encoder.AddKeys(await InternAsync(batch.RunId, encoder.TakeNewNames(), cancellationToken).ConfigureAwait(false));
        (MetricBlock? block, SeriesTotals[] totals) = encoder.Encode(points);
        await LogBatchAsync(batch with { Block = block, Totals = totals }, cancellationToken).ConfigureAwait(false);
    }

    private async Task LogBatchAsync(RunBatch batch, CancellationToken cancellationToken)
    {
        (long run, AppendOutcome outcome) = await LogAsync(batch, cancellationToken).ConfigureAwait(false);
        if (outcome.PackingIsDue)
        {
            PackingIsDue?.Invoke(run, batch.RunId);
        }
    }

    private async Task<RunRecord> DescribeAsync(RunRow row, CancellationToken cancellationToken) =>
        (await DescribeAsync([row], cancellationToken).ConfigureAwait(false))[0];

    private async Task<Experiment> GetExperimentAsync(long id, CancellationToken cancellationToken) =>
        await ReadExperimentAsync(ExperimentOfId, id, cancellationToken).ConfigureAwait(false) ?? throw new ExperimentNotFoundException(id);
}
