using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Records runs of experiments and reads them back. One per store is enough for a process; thread-safe.
/// </summary>
public sealed partial class Tracker : IDisposable
{
    private readonly TrackingEnvironment _environment;
    private readonly ITrackingStore _store;

    /// <summary>Creates a tracker without a container; with one, call <c>AddMlopsTracking</c>.</summary>
    /// <param name="database">Where runs are stored; stays open when the tracker is disposed.</param>
    /// <param name="artifacts">Where artifacts are stored, over the same database.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="timeProvider">The clock of runs and metrics; null for the system's.</param>
    /// <param name="logger">Where failures go that no caller is told of; null for nowhere.</param>
    /// <param name="outbox">Over the same database: is told of every run that starts and ends, see <see cref="RunTransition"/>; null for none.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Tracker(
        Database database,
        ArtifactCatalog artifacts,
        TrackingOptions? options = null,
        TimeProvider? timeProvider = null,
        ILogger? logger = null,
        Outbox? outbox = null)
        : this(database, artifacts, options ?? new TrackingOptions(), timeProvider ?? TimeProvider.System, logger ?? NullLogger.Instance, meters: null, outbox: outbox)
    {
    }

    internal Tracker(
        Database database, ArtifactCatalog artifacts, TrackingOptions options, TimeProvider timeProvider, ILogger logger, IMeterFactory? meters,
        ILeaseClock? leaseClock = null, TimeProvider? leaseTime = null, Outbox? outbox = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(artifacts);
        TrackingOptionsValidator.Require(options);
        var store = new TrackingStore(database, options.Durability, outbox, artifacts, timeProvider);
        _store = store;
        ConcurrentDictionary<Run, byte> openRuns = new();
        var packings = new RunPackings(store, logger);
        store.PackingIsDue = (run, runId) => _ = packings.PackAsync(run, runId);
        var lease = new OwnerLease(store, new LeaseTable(database, leaseClock, leaseTime), options.LeaseDuration, leaseTime ?? TimeProvider.System, openRuns, logger);
        TrackingTelemetry telemetry = Measure(openRuns, meters);
        _environment = new TrackingEnvironment(store, options, telemetry, timeProvider, logger)
        {
            OpenRuns = openRuns,
            Database = new TrackingDatabase(store, packings, lease, new EnvironmentRecorder(store, options, logger)),
            Journal = options.JournalFolder is null ? null : OpenJournal(database, options, telemetry, logger),
        };
        _reaper = new OrphanReaper(store, lease, _environment);
    }

    /// <summary>Creates a tracker that keeps its runs elsewhere than in a database, for example on an MLflow server.</summary>
    /// <remarks>Calls that only a database can answer throw <see cref="NotSupportedException"/>: see <see cref="ITrackingStore"/>.</remarks>
    /// <param name="store">Where runs are kept.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="timeProvider">The clock of runs and metrics; null for the system's.</param>
    /// <param name="logger">Where failures go that no caller is told of; null for nowhere.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Tracker(ITrackingStore store, TrackingOptions? options = null, TimeProvider? timeProvider = null, ILogger? logger = null)
        : this(store, options ?? new TrackingOptions(), timeProvider ?? TimeProvider.System, logger ?? NullLogger.Instance, meters: null)
    {
    }

    internal Tracker(ITrackingStore store, TrackingOptions options, TimeProvider timeProvider, ILogger logger, IMeterFactory? meters, JournalDisk? disk = null, TimeProvider? waits = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        TrackingOptionsValidator.Require(options);
        _store = store;
        ConcurrentDictionary<Run, byte> openRuns = new();
        TrackingTelemetry telemetry = Measure(openRuns, meters);
        _environment = new TrackingEnvironment(store, options, telemetry, timeProvider, logger)
        {
            OpenRuns = openRuns,
            Waits = waits ?? TimeProvider.System,
            Journal = options.JournalFolder is null ? null : new BatchJournal(store, options, telemetry, logger, disk),
        };
    }

    /// <summary>
    /// Starts a run, calls the body and ends the run: Finished when it returns, Killed when it was cancelled through
    /// <paramref name="cancellationToken"/>, Failed when it throws; its exception always reaches the caller.
    /// </summary>
    /// <param name="experiment">The experiment, created at its first run; 1 to 250 characters on one line.</param>
    /// <param name="body">What is tracked; the token it gets is <paramref name="cancellationToken"/>.</param>
    /// <param name="cancellationToken">Cancels the start and the body, not the storing of what was logged.</param>
    /// <exception cref="StorageException">The body returned, but something of the run is lost.</exception>
    public Task TrackAsync(string experiment, Func<Run, CancellationToken, Task> body, CancellationToken cancellationToken = default) =>
        TrackAsync(experiment, new StartRunOptions(), body, cancellationToken);

    /// <inheritdoc cref="TrackAsync(string, Func{Run, CancellationToken, Task}, CancellationToken)"/>
    /// <param name="experiment">The experiment, created at its first run; 1 to 250 characters on one line.</param>
    /// <param name="options">
    /// Name, parent, tags and idempotency key. When the key's run has Finished already, the body is not called again.
    /// </param>
    /// <param name="body">What is tracked; the token it gets is <paramref name="cancellationToken"/>.</param>
    /// <param name="cancellationToken">Cancels the start and the body, not the storing of what was logged.</param>
    /// <exception cref="RunEndedException">The run of the idempotency key has ended as Failed or Killed.</exception>
    public Task TrackAsync(string experiment, StartRunOptions options, Func<Run, CancellationToken, Task> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return TrackCoreAsync(
            Describe(experiment, options),
            async (run, token) =>
            {
                await body(run, token).ConfigureAwait(false);
                return true;
            },
            isRepeatable: true,
            cancellationToken);
    }

    /// <inheritdoc cref="TrackAsync(string, Func{Run, CancellationToken, Task}, CancellationToken)"/>
    /// <returns>What the body returns.</returns>
    public Task<TResult> TrackAsync<TResult>(
        string experiment, Func<Run, CancellationToken, Task<TResult>> body, CancellationToken cancellationToken = default) =>
        TrackAsync(experiment, new StartRunOptions(), body, cancellationToken);

    /// <inheritdoc cref="TrackAsync(string, Func{Run, CancellationToken, Task}, CancellationToken)"/>
    /// <param name="experiment">The experiment, created at its first run; 1 to 250 characters on one line.</param>
    /// <param name="options">Name, parent, tags and idempotency key.</param>
    /// <param name="body">What is tracked; the token it gets is <paramref name="cancellationToken"/>.</param>
    /// <param name="cancellationToken">Cancels the start and the body, not the storing of what was logged.</param>
    /// <returns>What the body returns.</returns>
    /// <exception cref="RunEndedException">The run of the idempotency key has ended: its result is not stored.</exception>
    public Task<TResult> TrackAsync<TResult>(
        string experiment, StartRunOptions options, Func<Run, CancellationToken, Task<TResult>> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return TrackCoreAsync(Describe(experiment, options), body, isRepeatable: false, cancellationToken);
    }

    /// <summary>
    /// Starts a run whose end is yours: call <see cref="Run.Complete"/> and dispose the handle. When anything listens to the activity
    /// source <c>Mlops.Tracking</c>, the run is <see cref="Activity.Current"/> of the caller from this call to the disposal.
    /// </summary>
    /// <param name="experiment">The experiment, created at its first run; 1 to 250 characters on one line.</param>
    /// <param name="options">Name, parent, tags and idempotency key; null for none.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ArgumentException">A name, a tag or the parent's id is not one.</exception>
    /// <exception cref="RunNotFoundException">The parent does not exist.</exception>
    /// <exception cref="ExperimentDeletedException">The experiment is deleted.</exception>
    /// <exception cref="RunDeletedException">The run of the idempotency key is deleted.</exception>
    /// <exception cref="StorageException">The database cannot be reached or written.</exception>
    public Task<Run> StartRunAsync(string experiment, StartRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        NewRun run = Describe(experiment, options ?? new StartRunOptions());

        // Started here and not in the awaited part, so that the caller's own Activity.Current is the run.
        return StartRunAsync(run, StartActivity(run), cancellationToken);
    }

    /// <summary>Returns when everything logged so far through the open runs of this tracker is stored.</summary>
    /// <exception cref="StorageException">Something was lost; other runs were still flushed.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) =>
        Task.WhenAll([
            .. _environment.OpenRuns.Keys.Select(run => run.FlushAsync(cancellationToken)),
            _environment.Database?.Packings.WhenIdleAsync().WaitAsync(cancellationToken) ?? Task.CompletedTask,
        ]);

    /// <summary>
    /// Stops measuring and closes the journal: what waits in it is stored by the next tracker with the folder. Runs that are open go on,
    /// without a journal; flush or dispose them first.
    /// </summary>
    public void Dispose()
    {
        _environment.Telemetry.Dispose();
        _environment.Journal?.Dispose();
    }

    private TrackingTelemetry Measure(ConcurrentDictionary<Run, byte> openRuns, IMeterFactory? meters) =>
        new(meters, () => openRuns.Keys.Sum(static run => (long)run.QueuedItems), () => _environment?.Journal?.Bytes ?? 0);

    private async Task<Run> StartRunAsync(NewRun run, Activity? activity, CancellationToken cancellationToken)
    {
        try
        {
            return _environment.Database is { } database
                ? await database.Lease.StartAsync(run, row => Open(run, row, activity), cancellationToken).ConfigureAwait(false)
                : Open(run, RunRow.Of(await _store.StartRunAsync(run, cancellationToken).ConfigureAwait(false)), activity);
        }
        catch
        {
            activity?.SetStatus(ActivityStatusCode.Error);
            activity?.Stop();
            throw;
        }
    }

    private async Task<TResult> TrackCoreAsync<TResult>(
        NewRun newRun, Func<Run, CancellationToken, Task<TResult>> body, bool isRepeatable, CancellationToken cancellationToken)
    {
        Run run = await StartRunAsync(newRun, StartActivity(newRun), cancellationToken).ConfigureAwait(false);
        if (run.Status != RunStatus.Running)
        {
            await run.DisposeAsync().ConfigureAwait(false);
            return isRepeatable && run.Status == RunStatus.Finished ? default! : throw new RunEndedException(run.Id, run.Status);
        }

        TResult result;
        try
        {
            result = await body(run, cancellationToken).ConfigureAwait(false);
            run.CompleteUnlessEnded();
        }
        catch (Exception exception)
        {
            bool cancelled = exception is OperationCanceledException && cancellationToken.IsCancellationRequested;
            await run.EndQuietlyAsync(cancelled ? RunStatus.Killed : RunStatus.Failed, exception).ConfigureAwait(false);
            throw;
        }

        await run.DisposeAsync().ConfigureAwait(false);
        return result;
    }

    private NewRun Describe(string experiment, StartRunOptions options)
    {
        Names.RequireName(experiment, nameof(experiment));
        ArgumentNullException.ThrowIfNull(options);
        if (options.Name is { } name)
        {
            Names.RequireName(name, $"{nameof(options)}.{nameof(options.Name)}");
        }

        if (options.IdempotencyKey is { } key)
        {
            Names.RequireName(key, $"{nameof(options)}.{nameof(options.IdempotencyKey)}");
        }

        Dictionary<string, string> tags = options.Tags is null ? [] : new(options.Tags, StringComparer.Ordinal);
        foreach ((string tag, string value) in tags)
        {
            Names.RequireTag(tag, value, $"{nameof(options)}.{nameof(options.Tags)}");
        }

        if (tags.TryGetValue(RunTags.Name, out string? tagged) && options.Name is { } other && other != tagged)
        {
            throw new ArgumentException($"A run has one name: {nameof(options.Name)} and the tag {RunTags.Name} differ. Give one of them.", nameof(options));
        }

        DateTimeOffset now = _environment.Time.GetUtcNow();
        string id = Guid.CreateVersion7(now).ToString("N");
        return new NewRun
        {
            Id = id,
            Experiment = experiment,
            Name = options.Name ?? tagged ?? $"run-{id[^8..]}",
            ParentId = options.ParentId,
            Tags = tags,
            IdempotencyKey = options.IdempotencyKey,
            StartTime = options.StartTime ?? now,
            Asked = UnixMicroseconds.From(now),
            // What is recorded afterwards has no process whose death could end it.
            Claim = options.StartTime is null ? _environment.Database?.Lease.Claim() : null,
            Environment = _environment.Database?.Surroundings.Hash,
            Seed = options.Seed,
        };
    }
}
