using System.Globalization;
using System.Diagnostics;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>Writes by a run's id, for whoever holds no <see cref="Run"/>. Each is one transaction, stored when it returns.</summary>
public sealed partial class Tracker
{
    private static readonly Dictionary<string, string> NoPairs = [];

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

    /// <summary>
    /// Stores metrics, parameters, tags and datasets of a run, in a database all or nothing; also of one that has ended. A call may be repeated: what
    /// is stored already stays as it is. Metrics without a <see cref="Metric.Time"/> get that of the call, and are other points at the next.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="log">What to store; read before the first await and not kept.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ArgumentException">A key or a value is not one.</exception>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    /// <exception cref="ParameterConflictException">Parameters have other values: it names all of them.</exception>
    /// <exception cref="StorageException">
    /// The database failed. Where <see cref="StorageException.OutcomeUnknown"/> is true, the log may be stored: repeat the call, with the times of its metrics.
    /// </exception>
    public Task LogAsync(string runId, RunLog log, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArgumentNullException.ThrowIfNull(log);
        foreach ((string key, string value) in log.Parameters ?? NoPairs)
        {
            Names.RequireKey(key, nameof(log));
            Names.RequireValue(value, Names.MaximumParameterLength, nameof(log));
        }

        foreach ((string key, string value) in log.Tags ?? NoPairs)
        {
            Names.RequireTag(key, value, nameof(log));
        }

        if (_environment.Database is null)
        {
            // A database meets them while it encodes.
            foreach (Metric metric in log.Metrics ?? [])
            {
                Names.RequireKey(metric.Key, nameof(log));
            }
        }

        var checkedLog = new RunLog
        {
            Metrics = log.Metrics,
            Parameters = log.Parameters,
            Tags = log.Tags,
            Datasets = RequireDatasets(log.Datasets, nameof(log)),
        };
        return LogCoreAsync(_store.LogAsync(runId, checkedLog, cancellationToken), log.Metrics?.Count ?? 0);
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

        return _store.UpdateRunAsync(runId, update, cancellationToken);
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
        return _store.LogArtifactAsync(runId, parsed.Value, content, cancellationToken);
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

    private async Task<RunRecord> CreateRunCoreAsync(NewRun run, CancellationToken cancellationToken)
    {
        RunRecord started = await _store.StartRunAsync(run, cancellationToken).ConfigureAwait(false);
        if (run.Seed is not { } seed)
        {
            return started;
        }

        var parameters = new Dictionary<string, string> { ["seed"] = seed.ToString(CultureInfo.InvariantCulture) };
        await LogAsync(started.Id, new RunLog { Parameters = parameters }, cancellationToken).ConfigureAwait(false);
        return await GetRunAsync(started.Id, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="write">Begun already, so that what is wrong with the log was thrown at once.</param>
    /// <param name="points">How many points it stores.</param>
    private async Task LogCoreAsync(Task write, int points)
    {
        long started = Stopwatch.GetTimestamp();
        await write.ConfigureAwait(false);
        _environment.Telemetry.Flushed(points, Stopwatch.GetElapsedTime(started));
    }
}
