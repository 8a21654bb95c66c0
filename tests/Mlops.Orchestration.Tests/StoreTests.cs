using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>A test against a database that is empty at first. One fixture per engine runs them all.</summary>
public abstract class StoreTests
{
    /// <summary>What hangs fails after that; nothing waits so long on a machine that is merely busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly List<IAsyncDisposable> _workers = [];
    private Database? _database;
    private string _folder = "";

    protected Database Database => _database!;

    /// <summary>Where artifacts are.</summary>
    protected string Artifacts => Path.Combine(_folder, "artifacts");

    /// <summary>Whether a dispatcher of the test hands workers their steps, instead of their own claims.</summary>
    protected virtual bool IsDispatched => false;

    /// <param name="folder">Where an embedded engine has its file.</param>
    protected abstract Database Create(string folder);

    [SetUp]
    public void OpenDatabase()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-orchestration").FullName;
        _database = Create(_folder);
    }

    [TearDown]
    public async Task CloseDatabase()
    {
        foreach (IAsyncDisposable worker in _workers)
        {
            await worker.DisposeAsync();
        }

        _workers.Clear();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>From now on the database refuses these entries of a step, of all runs or of one, until <see cref="AcceptAsync"/>.</summary>
    internal Task RefuseAsync(string step, RunEventKind[] kinds, long? run = null) => Database.WriteAsync(
        (step, Kinds: string.Join(", ", kinds.Select(static kind => (int)kind)), First: (int)kinds[0], Runs: run is null ? "" : $"run_id IN (0, {run}) AND "),
        static (session, entry) =>
        {
            session.Execute($"CREATE UNIQUE INDEX refuse ON orchestration_event (step_key) WHERE {entry.Runs}kind IN ({entry.Kinds})");
            return session.Execute($"INSERT INTO orchestration_event (run_id, seq, at, kind, step_key) VALUES (0, 1, 0, {entry.First}, @step)", ("@step", entry.step));
        });

    internal Task AcceptAsync() => Database.WriteAsync(0, static (session, _) => session.Execute("DROP INDEX refuse"));

    internal static PipelineWorkerOptions Quick(int slots = 4) => new()
    {
        MaximumConcurrentSteps = slots,
        PollInterval = TimeSpan.FromMilliseconds(20),
        DrainPeriod = TimeSpan.Zero,
        AbortPeriod = TimeSpan.FromSeconds(5),
        LeaseDuration = TimeSpan.FromSeconds(30),
        WatchInterval = TimeSpan.FromMilliseconds(100),
    };

    /// <summary>A client whose pipeline is worked off at once.</summary>
    internal Pipelines Work(Action<PipelineBuilder<int>> define, PipelineWorkerOptions? options = null)
    {
        Pipelines pipelines = Know(define);
        StartWorker(pipelines, options);
        return pipelines;
    }

    /// <summary>A client without a worker.</summary>
    internal Pipelines Know(Action<PipelineBuilder<int>> define, Outbox? outbox = null, string name = "test") =>
        new(Database, [new TestPipeline(define, name)], new ArtifactCatalog(Database, new FileArtifactStore(Artifacts)), outbox: outbox);

    internal PipelineWorker StartWorker(Pipelines pipelines, PipelineWorkerOptions? options = null)
    {
        options ??= Quick();
        ChannelDispatcher? dispatcher = IsDispatched ? new ChannelDispatcher(options.MaximumConcurrentSteps) : null;
        PipelineWorker worker = StartWorker(pipelines, dispatcher, options);
        dispatcher?.Serve(worker);
        return worker;
    }

    /// <summary>A worker that executes what the dispatcher sends it.</summary>
    internal PipelineWorker StartWorker(Pipelines pipelines, IStepDispatcher? dispatcher, PipelineWorkerOptions? options = null)
    {
        var worker = new PipelineWorker(pipelines, options ?? Quick(), dispatcher: dispatcher);
        _workers.Add(worker);
        worker.Start();
        return worker;
    }

    internal static Task<PipelineRun> StartAsync(Pipelines pipelines, int parameters = 0, string? key = null) =>
        pipelines.StartAsync<TestPipeline, int>(parameters, new StartOptions { IdempotencyKey = key });

    /// <summary>Starts a run, waits for its end and checks its log.</summary>
    internal static async Task<PipelineRun> RunAsync(Pipelines pipelines, int parameters = 0)
    {
        PipelineRun run = await StartAsync(pipelines, parameters);
        return await FinishAsync(pipelines, run.Id);
    }

    internal static async Task<PipelineRun> FinishAsync(Pipelines pipelines, long runId)
    {
        using var limit = new CancellationTokenSource(Patience);
        PipelineRun run = await pipelines.WaitAsync(runId, limit.Token);
        await LogInvariants.CheckAsync(pipelines, runId);
        return run;
    }

    /// <summary>Takes the step that has waited longest, without a worker that runs it.</summary>
    internal static async Task<ClaimedStep> ClaimAsync(Pipelines pipelines, string worker) =>
        (await pipelines.Store.ClaimAsync(worker, 1, default)).Single();

    /// <summary>Waits for the first entry of a kind.</summary>
    internal static async Task<T> SeeAsync<T>(Pipelines pipelines, long runId, CancellationToken cancellationToken = default)
        where T : RunEvent
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        await foreach (RunEvent entry in pipelines.WatchAsync(runId, cancellationToken: limit.Token))
        {
            if (entry is T found)
            {
                return found;
            }
        }

        throw new InvalidOperationException($"The run ended without {typeof(T).Name}.");
    }

    internal static async Task<Dictionary<string, StepState>> StatesAsync(PipelineRun run) =>
        (await run.GetStepsAsync()).ToDictionary(static step => step.Key, static step => step.State);
}
