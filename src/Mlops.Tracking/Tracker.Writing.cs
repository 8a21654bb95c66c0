using System.Globalization;
using System.Diagnostics;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>Writes by a run's id, for whoever holds no <see cref="Run"/>. Each is one transaction, stored when it returns.</summary>
public sealed partial class Tracker
{
    /// <summary>Starts a run without a handle: it runs until <see cref="UpdateRunAsync"/> ends it, whatever becomes of this process.</summary>
    /// <param name="experiment">The experiment, created at its first run; 1 to 250 characters on one line.</param>
    /// <param name="options">Name, parent, tags and idempotency key; null for none.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ArgumentException">A name, a tag or the parent's id is not one.</exception>
    /// <exception cref="RunNotFoundException">The parent does not exist.</exception>
    /// <exception cref="ExperimentDeletedException">The experiment is deleted.</exception>
    /// <exception cref="RunDeletedException">The run of the idempotency key is deleted.</exception>
    /// <exception cref="StorageException">The database cannot be reached or written.</exception>
    public Task<RunRecord> CreateRunAsync(string experiment, StartRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        NewRun run = Describe(experiment, options ?? new StartRunOptions());
        return CreateRunCoreAsync(run, cancellationToken);
    }

    /// <summary>Stores metrics, parameters, tags and datasets of a run, all or nothing; also of one that has ended.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="log">What to store; read before the first await and not kept.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ArgumentException">A key or a value is not one.</exception>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    /// <exception cref="ParameterConflictException">Parameters have other values: it names all of them.</exception>
    /// <exception cref="StorageException">
    /// The database failed. Where <see cref="StorageException.OutcomeUnknown"/> is true, repeating the call may store its metrics twice.
    /// </exception>
    public Task LogAsync(string runId, RunLog log, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArgumentNullException.ThrowIfNull(log);
        long now = _environment.Now;
        KeyValuePair<string, string>[] parameters = Sorted(log.Parameters);
        foreach ((string key, string value) in parameters)
        {
            Names.RequireKey(key, nameof(log));
            Names.RequireValue(value, Names.MaximumParameterLength, nameof(log));
        }

        KeyValuePair<string, string>[] tags = Sorted(log.Tags);
        foreach ((string key, string value) in tags)
        {
            Names.RequireTag(key, value, nameof(log));
        }

        var batch = new RunBatch
        {
            Run = 0,
            RunId = runId,
            Parameters = parameters,
            Tags = tags,
            Datasets = RequireDatasets(log.Datasets, nameof(log)),
            Time = now,
        };
        if (log.Metrics is not { Count: > 0 } metrics)
        {
            return LogCoreAsync(batch, 0, cancellationToken);
        }

        var encoder = new BlockEncoder();
        return LogCoreAsync(batch, encoder, Points(metrics, encoder, now), cancellationToken);
    }

    /// <summary>Changes a run's status, end time or name; also of one that has ended.</summary>
    /// <returns>The run as it is now.</returns>
    /// <exception cref="ArgumentException">The status or the name is not one.</exception>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<RunRecord> UpdateRunAsync(string runId, RunUpdate update, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArgumentNullException.ThrowIfNull(update);
        if (update.Status is < RunStatus.Running or > RunStatus.Killed)
        {
            throw new ArgumentOutOfRangeException(nameof(update), update.Status, "A run is Running, Finished, Failed or Killed.");
        }

        if (update.Name is { } name)
        {
            Names.RequireName(name, nameof(update));
        }

        return UpdateRunCoreAsync(runId, update.Status, update.EndTime is { } end ? UnixMicroseconds.From(end) : null, update.Name, cancellationToken);
    }

    /// <summary>Removes a tag of a run.</summary>
    /// <returns>False when the run has none of this key.</returns>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<bool> RemoveTagAsync(string runId, string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        Names.RequireKey(key, nameof(key));
        return _store.RemoveTagAsync(runId, key, cancellationToken);
    }

    /// <summary>Stores a file with a run, as <see cref="Run.LogArtifactAsync"/> does; also of one that has ended.</summary>
    /// <exception cref="ArgumentException">The name does not follow the grammar of <see cref="ArtifactName"/>.</exception>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<RunArtifact> LogArtifactAsync(string runId, string name, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArtifactName parsed = ArtifactName.Parse(name);
        ArgumentNullException.ThrowIfNull(content);
        return LogArtifactCoreAsync(runId, parsed.Value, content, cancellationToken);
    }

    /// <summary>Removes a file from a run; its bytes go with the next collection of the <see cref="ArtifactCatalog"/> when nothing else refers to them.</summary>
    /// <returns>False when the run has none of this name.</returns>
    /// <exception cref="ArgumentException">The name does not follow the grammar of <see cref="ArtifactName"/>.</exception>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<bool> RemoveArtifactAsync(string runId, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArtifactName parsed = ArtifactName.Parse(name);
        return _store.RemoveArtifactAsync(runId, parsed.Value, cancellationToken);
    }

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

    private async Task<RunRecord> CreateRunCoreAsync(NewRun run, CancellationToken cancellationToken)
    {
        // Nobody holds it, so nobody's death ends it; and it is not this process that computes it.
        StartedRun started = await _store.StartRunAsync(run with { Claim = null, Environment = null }, cancellationToken).ConfigureAwait(false);
        if (run.Seed is { } seed)
        {
            var parameters = new Dictionary<string, string> { ["seed"] = seed.ToString(CultureInfo.InvariantCulture) };
            await LogAsync(started.Row.Id, new RunLog { Parameters = parameters }, cancellationToken).ConfigureAwait(false);
        }

        List<RunRecord> described = await _store.DescribeAsync([started.Row], cancellationToken).ConfigureAwait(false);
        return described[0];
    }

    private async Task LogCoreAsync(RunBatch batch, BlockEncoder encoder, List<PendingPoint> points, CancellationToken cancellationToken)
    {
        encoder.AddKeys(await _store.InternAsync(encoder.TakeNewNames(), cancellationToken).ConfigureAwait(false));
        (MetricBlock? block, SeriesTotals[] totals) = encoder.Encode(points);
        await LogCoreAsync(batch with { Block = block, Totals = totals }, points.Count, cancellationToken).ConfigureAwait(false);
    }

    private async Task LogCoreAsync(RunBatch batch, int points, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        (long run, AppendOutcome outcome) = await _store.LogAsync(batch, cancellationToken).ConfigureAwait(false);
        _environment.Telemetry.Flushed(points, Stopwatch.GetElapsedTime(started));
        if (outcome.PackingIsDue)
        {
            _environment.Packings.Start(run, batch.RunId);
        }
    }

    private async Task<RunRecord> UpdateRunCoreAsync(string runId, RunStatus? status, long? ended, string? name, CancellationToken cancellationToken)
    {
        (long run, long freshBlocks) = await _store.UpdateRunAsync(runId, status, ended, name, _environment.Now, cancellationToken).ConfigureAwait(false);
        if (status > RunStatus.Running && freshBlocks >= Packing.BlocksLeftUnpacked)
        {
            _environment.Packings.Start(run, runId);
        }

        return await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
    }

    private async Task<RunArtifact> LogArtifactCoreAsync(string runId, string name, Stream content, CancellationToken cancellationToken)
    {
        // Looked at before the upload as well, which may be long.
        RunRow run = await GetRowAsync(runId, cancellationToken).ConfigureAwait(false);
        return run.Deleted is { } deleted
            ? throw new RunDeletedException(runId, UnixMicroseconds.ToTime(deleted))
            : await _environment.LogArtifactAsync(runId, name, content, cancellationToken).ConfigureAwait(false);
    }
}
