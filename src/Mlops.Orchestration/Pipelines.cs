using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// Starts, finds, watches and cancels runs. Runs are worked off by the <see cref="PipelineWorker"/>s on the same database, in this process
/// or another. Thread-safe.
/// </summary>
public sealed partial class Pipelines
{
    private const int MaximumKeyLength = 200;
    private const int EventPage = 256;

    /// <summary>How often other processes' progress is looked for; this process's own is signalled.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
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
    /// <exception cref="PipelineDefinitionException">A definition cannot be run.</exception>
    /// <exception cref="ArgumentException">Two definitions have the same name.</exception>
    public Pipelines(Database database, IEnumerable<IPipelineDefinition> definitions, ArtifactCatalog? artifacts = null, ILeaseClock? clock = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(definitions);
        Leases = new LeaseTable(database, clock);
        Store = new PipelineStore(database, Leases.Clock);
        Payloads = new PayloadStore(artifacts ?? DefaultCatalog(database, clock));
        Memory = new StepMemory(Store, Payloads);
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

    /// <summary>Pulsed when a log has grown in this process.</summary>
    internal ChangeSignal Changes { get; } = new();

    /// <summary>Pulsed when a run has ended in this process, so that those who wait for one do not look at every step.</summary>
    internal ChangeSignal Ends { get; } = new();

    internal IReadOnlyList<PipelineGraph> Graphs => _graphs;

    /// <summary>The graph of a definition that this process knows.</summary>
    /// <exception cref="InvalidOperationException">The definition is not registered.</exception>
    public PipelineGraph GetGraph<TDefinition>()
        where TDefinition : IPipelineDefinition =>
        _byDefinition.TryGetValue(typeof(TDefinition), out PipelineGraph? graph)
            ? graph
            : throw new InvalidOperationException(
                $"The pipeline {typeof(TDefinition).Name} is not known here; register it with AddPipeline<{typeof(TDefinition).Name}>() or pass it to the constructor.");

    /// <summary>Stores a run; workers begin with it at once.</summary>
    /// <param name="parameters">What the run's steps read from <see cref="StepContext{TParameters}.Parameters"/>.</param>
    /// <param name="options">Idempotency key and durability; null for none.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The new run, or the first one that was started with the same idempotency key.</returns>
    public Task<PipelineRun> StartAsync<TDefinition, TParameters>(
        TParameters parameters, StartOptions? options = null, CancellationToken cancellationToken = default)
        where TDefinition : IPipelineDefinition<TParameters>
    {
        options ??= new StartOptions();
        RequireValid(options);
        PipelineGraph graph = GetGraph<TDefinition>();
        byte[] payload = StepJson.Serialize(parameters, (JsonTypeInfo<TParameters>)graph.Parameters, "parameters");
        return StartAsync(graph, payload, options, plan: null, cancellationToken);
    }

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

    internal void Attach(WorkerSession session) => _sessions.TryAdd(session, true);

    internal void Detach(WorkerSession session) => _sessions.TryRemove(session, out _);

    internal void SignalWork()
    {
        foreach (WorkerSession session in _sessions.Keys)
        {
            session.Wake();
        }
    }

    internal TParameters ReadParameters<TParameters>(RunRow row) =>
        _byName.TryGetValue(row.Pipeline, out PipelineGraph? graph) && graph.Parameters is JsonTypeInfo<TParameters> typeInfo
            ? StepJson.Deserialize(row.Parameters, typeInfo, "parameters")
            : throw new InvalidOperationException(
                $"The pipeline '{row.Pipeline}' is not known here or does not take {typeof(TParameters)} as parameters.");

    internal JsonTypeInfo<T> TypeOfStep<T>(string pipeline, string step)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        PipelineNode? node = _byName.GetValueOrDefault(pipeline)?.FindNodeOfStep(step);
        return node switch
        {
            { ResultType: JsonTypeInfo<T> typeInfo } => typeInfo,
            null => throw new ArgumentException($"The pipeline '{pipeline}', as this process knows it, has no step '{step}'.", nameof(step)),
            _ => throw new ArgumentException($"The result of '{step}' is no {typeof(T)}: the definition says {node.Signature}.", nameof(step)),
        };
    }

    internal async Task<T> ReadResultAsync<T>(long runId, string step, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        StepResultRow row = await Store.FindResultAsync(runId, step, cancellationToken).ConfigureAwait(false)
            ?? throw new StepResultException(step, FormattableString.Invariant($"Run {runId} has no step '{step}'."));
        return await ReadResultAsync(runId, row, typeInfo, cancellationToken).ConfigureAwait(false);
    }

    internal async Task<IReadOnlyList<T>> ReadResultsAsync<T>(long runId, string group, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        List<StepResultRow> rows = await Store.ListResultsAsync(runId, group, cancellationToken).ConfigureAwait(false);
        var results = new T[rows.Count];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = await ReadResultAsync(runId, rows[i], typeInfo, cancellationToken).ConfigureAwait(false);
        }

        return results;
    }

    internal async Task<IReadOnlyList<StepStatus>> ListStepsAsync(long runId, CancellationToken cancellationToken) =>
        await Store.ListStepsAsync(runId, cancellationToken).ConfigureAwait(false);

    private async Task<T> ReadResultAsync<T>(long runId, StepResultRow row, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        if (row.State != StepState.Succeeded)
        {
            throw new StepResultException(
                row.Key,
                FormattableString.Invariant($"Run {runId} has no result of '{row.Key}': the step is {row.State}{(row.Error is null ? "" : $", {row.Error}")}."));
        }

        byte[] payload = await Payloads.LoadAsync(row.Payload, cancellationToken).ConfigureAwait(false);
        return StepJson.Deserialize(payload, typeInfo, row.Key);
    }

    private static void RequireValid(StartOptions options)
    {
        if (!Enum.IsDefined(options.Cache))
        {
            throw new ArgumentException($"{options.Cache} is no use of the cache: use Use, Refresh or Ignore.", nameof(options));
        }

        if (!Enum.IsDefined(options.Priority))
        {
            throw new ArgumentException($"{options.Priority} is no priority: use Low, Normal or High.", nameof(options));
        }

        if (options.IdempotencyKey is { } key && key.Length is 0 or > MaximumKeyLength)
        {
            throw new ArgumentException($"An idempotency key has 1 to {MaximumKeyLength} characters, got {options.IdempotencyKey!.Length}.", nameof(options));
        }
    }

    private static void RequireSteps(PipelineGraph graph, StartOptions options)
    {
        foreach ((string step, CacheUse use) in options.CacheOfSteps)
        {
            if ((graph.FindNode(step) ?? graph.FindNode(step + "[]")) is null || !Enum.IsDefined(use))
            {
                throw new ArgumentException($"{nameof(options.CacheOfSteps)} says {use} of '{step}'; allowed are Use, Refresh and Ignore of steps of '{graph.Pipeline}'.", nameof(options));
            }
        }
    }

    private async Task<PipelineRun> StartAsync(
        PipelineGraph graph, byte[] parameters, StartOptions options, RerunPlan? plan, CancellationToken cancellationToken)
    {
        RequireSteps(graph, options);
        PipelineVersions versions = await RegisterAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        using Activity? activity = OrchestrationTelemetry.StartRun(graph.Pipeline);
        var run = new NewRun(graph, versions.IdOf(graph), Guid.CreateVersion7().ToString("N"), parameters, options.IdempotencyKey, Activity.Current?.Id)
        {
            RerunOf = plan?.Source,
            CacheUse = CacheUses.Write(options),
            Urgency = RunPriority.High - options.Priority,
        };
        (long id, bool created) = await Store.StartAsync(run, plan, options.Durability, cancellationToken).ConfigureAwait(false);
        activity?.SetTag(OrchestrationTelemetry.RunTag, id);
        if (created)
        {
            SignalWork();
            Changes.Pulse();
        }

        return await GetAsync(id, cancellationToken).ConfigureAwait(false);
    }

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
