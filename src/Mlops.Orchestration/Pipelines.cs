using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// Starts, finds, watches and cancels runs. Runs are worked off by the <see cref="PipelineWorker"/>s on the same database, in this process
/// or another. Thread-safe.
/// </summary>
public sealed partial class Pipelines
{
    private const int EventPage = 256;

    /// <summary>How often other processes' progress is looked for; this process's own is signalled.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly ILogger _logger;
    private readonly OrchestrationTelemetry _telemetry;
    private readonly Lock _gate = new();
    private readonly Database _database;
    private readonly ConcurrentDictionary<WorkerSession, bool> _sessions = new();
    private readonly Dictionary<Type, PipelineGraph> _byDefinition = [];
    private readonly Dictionary<string, PipelineGraph> _byName = new(StringComparer.Ordinal);
    private readonly List<PipelineGraph> _graphs = [];
    private Task<PipelineVersions>? _versions;

    /// <summary>Builds the graphs of the definitions; the database is not touched before the first call.</summary>
    /// <param name="database">Where runs are kept.</param>
    /// <param name="definitions">The pipelines that this process knows.</param>
    /// <param name="artifacts">
    /// Where results of more than 64 KiB and the artifacts of steps go; null for the folder beside the database, where the engine has one.
    /// </param>
    /// <param name="clock">The clock of leases, due times and the log; null for the database's.</param>
    /// <param name="outbox">
    /// Over the same database: is told of runs and steps that start and end and of questions to people, see <see cref="PipelineRunTransition"/>,
    /// <see cref="PipelineStepTransition"/> and <see cref="PipelineApprovalRequest"/>; null for none.
    /// </param>
    /// <param name="logger">Null to log nothing.</param>
    /// <param name="meterFactory">Null for the process's own meter.</param>
    /// <exception cref="PipelineDefinitionException">A definition cannot be run.</exception>
    /// <exception cref="ArgumentException">Two definitions have the same name.</exception>
    public Pipelines(
        Database database,
        IEnumerable<IPipelineDefinition> definitions,
        ArtifactCatalog? artifacts = null,
        ILeaseClock? clock = null,
        Outbox? outbox = null,
        ILogger<Pipelines>? logger = null,
        IMeterFactory? meterFactory = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(definitions);
        _logger = logger ?? NullLogger<Pipelines>.Instance;
        _telemetry = new OrchestrationTelemetry(meterFactory);
        _database = database;
        Leases = new LeaseTable(database, clock);
        Store = new PipelineStore(database, Leases.Clock, outbox);
        TellsSteps = outbox?.IsHeard(PipelineStepTransition.EndedTopic) == true;
        Changes = new ChangeSignal(outbox is null ? null : outbox.Signal);
        Payloads = new PayloadStore(artifacts ?? DefaultCatalog(database, clock), Reach);
        Memory = new StepMemory(Store, Payloads, Reach);
        foreach (IPipelineDefinition definition in definitions)
        {
            PipelineGraph graph = PipelineGraph.Of(definition);
            if (!_byName.TryAdd(graph.Pipeline, graph))
            {
                throw new ArgumentException($"Two definitions are named '{graph.Pipeline}'; override Name in one of them.", nameof(definitions));
            }

            _byDefinition.Add(definition.GetType(), graph);
            _graphs.Add(graph);
        }
    }

    internal LeaseTable Leases { get; }

    internal PipelineStore Store { get; }

    internal PayloadStore Payloads { get; }

    internal StepMemory Memory { get; }

    /// <summary>Pulsed when a log has grown in this process; what was told with it goes out at once.</summary>
    internal ChangeSignal Changes { get; }

    /// <summary>Whether anybody hears of steps that end.</summary>
    internal bool TellsSteps { get; }

    /// <summary>Pulsed when a run has ended in this process, so that those who wait for one do not look at every step.</summary>
    internal ChangeSignal Ends { get; } = new();

    /// <summary>Called at every point that is reached, on the thread that reaches it. Crash tests end the process in it.</summary>
    internal Action<ExecutionPoint>? Reached { get; set; }

    internal IReadOnlyList<PipelineGraph> Graphs => _graphs;

    /// <summary>The graph of a definition that this process knows.</summary>
    /// <exception cref="InvalidOperationException">The definition is not registered.</exception>
    public PipelineGraph GetGraph<TDefinition>()
        where TDefinition : IPipelineDefinition =>
        _byDefinition.TryGetValue(typeof(TDefinition), out PipelineGraph? graph)
            ? graph
            : throw new InvalidOperationException(
                $"The pipeline {typeof(TDefinition).Name} is not known here; register it with AddPipeline<{typeof(TDefinition).Name}>() or pass it to the constructor.");

    /// <summary>The run; null when there is none of this id.</summary>
    public async Task<PipelineRun?> FindAsync(long runId, CancellationToken cancellationToken = default) =>
        await Store.FindRunAsync(runId, cancellationToken).ConfigureAwait(false) is { } row ? new PipelineRun(this, row) : null;

    /// <summary>The run.</summary>
    /// <exception cref="PipelineRunNotFoundException">There is none of this id.</exception>
    public async Task<PipelineRun> GetAsync(long runId, CancellationToken cancellationToken = default) =>
        await FindAsync(runId, cancellationToken).ConfigureAwait(false) ?? throw new PipelineRunNotFoundException(runId);

    /// <summary>A page of a pipeline's runs, newest first.</summary>
    /// <param name="pipeline">The pipeline's name.</param>
    /// <param name="take">1 to 1 000.</param>
    /// <param name="before">Only runs with smaller ids: the last of the page before.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<IReadOnlyList<PipelineRun>> ListRunsAsync(
        string pipeline, int take = 100, long? before = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(pipeline);
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 1_000);
        List<RunRow> rows = await Store.ListRunsAsync(pipeline, before ?? long.MaxValue, take, cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(row => new PipelineRun(this, row));
    }

    /// <summary>Waits until the run is over, and returns it whatever its end. Waits for ever when no worker serves its pipeline.</summary>
    /// <exception cref="PipelineRunNotFoundException">There is none of this id.</exception>
    public async Task<PipelineRun> WaitAsync(long runId, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task ended = Ends.Next();
            PipelineRun run = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
            if (run.IsOver)
            {
                return run;
            }

            await WaitForChangeAsync(ended, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The run's log from a number on, and then what is added to it, until the run is over. Read in short pages.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="fromSequence">The first entry wanted; 1 for all. To resume, one more than the last entry seen.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="PipelineRunNotFoundException">There is none of this id.</exception>
    public async IAsyncEnumerable<RunEvent> WatchAsync(
        long runId, long fromSequence = 1, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long next = Math.Max(fromSequence, 1);
        while (true)
        {
            Task changed = Changes.Next();

            // Read before the page: a run that is over by now cannot grow while the page is read.
            PipelineRun run = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
            List<RunEvent> page = await Store.ReadEventsAsync(runId, next, EventPage, cancellationToken).ConfigureAwait(false);
            foreach (RunEvent entry in page)
            {
                yield return entry;
                next = entry.Sequence + 1;
            }

            if (run.IsOver && next > run.LastSequence)
            {
                yield break;
            }

            if (page.Count == 0)
            {
                await WaitForChangeAsync(changed, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The ids that the database has for the graphs of this process.</summary>
    internal Task<PipelineVersions> RegisterAsync()
    {
        lock (_gate)
        {
            if (_versions is null or { IsFaulted: true })
            {
                _versions = RegisterCoreAsync();
            }

            return _versions;
        }
    }

    internal void Reach(ExecutionPoint point) => Reached?.Invoke(point);

    internal void Attach(WorkerSession session) => _sessions.TryAdd(session, true);

    internal void Detach(WorkerSession session) => _sessions.TryRemove(session, out _);

    /// <summary>Says that a step has become ready: to the workers of this process, and to those of others where the engine can.</summary>
    internal void SignalWork() => _database.Signal(OrchestrationSchema.Migrations.Feature);

    /// <summary>Calls back at once when a step may have become ready.</summary>
    internal IDisposable OnWork(Action callback) => _database.OnSignal(OrchestrationSchema.Migrations.Feature, callback);

    private static ArtifactCatalog? DefaultCatalog(Database database, ILeaseClock? clock) =>
        database.DefaultArtifactFolder is { } folder ? new ArtifactCatalog(database, new FileArtifactStore(folder), new LeaseTable(database, clock)) : null;

    private async Task<PipelineVersions> RegisterCoreAsync() =>
        new(_graphs, await Store.RegisterAsync(_graphs, CancellationToken.None).ConfigureAwait(false));

    private static async Task WaitForChangeAsync(Task changed, CancellationToken cancellationToken)
    {
        await Task.WhenAny(changed, Task.Delay(PollInterval, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
