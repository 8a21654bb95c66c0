using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

/// <summary>What workers do while others hold the rows that they want. On SQLite a writer has the database to itself.</summary>
internal sealed class ContentionTests
{
    private string _connectionString = "";
    private PostgreSqlDatabase? _own;
    private PostgreSqlDatabase? _other;

    [SetUp]
    public void OpenDatabases()
    {
        _connectionString = PostgreSqlServer.CreateDatabase();
        _own = new PostgreSqlDatabase(_connectionString);
        _other = new PostgreSqlDatabase(_connectionString);
    }

    [TearDown]
    public async Task CloseDatabases()
    {
        await _own!.DisposeAsync();
        await _other!.DisposeAsync();
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task What_others_hold_for_a_moment_is_not_overtaken_by_what_is_less_urgent(bool inPool)
    {
        Pipelines pipelines = Know(inPool);
        await pipelines.RegisterAsync();
        await pipelines.SetPoolAsync("gpu", 2);
        PipelineRun urgent = await StartAsync(pipelines, RunPriority.High);
        PipelineRun low = await StartAsync(pipelines, RunPriority.Low);
        await using Hold hold = await HoldAsync(urgent.Id);

        List<ClaimedStep> claimed = await pipelines.Store.ClaimAsync("w", 1, default);
        List<ClaimedStep> overtaking = await pipelines.Store.ClaimAsync("w", 1, default, overtakes: true);
        await hold.DisposeAsync();
        List<ClaimedStep> after = await pipelines.Store.ClaimAsync("w", 1, default);

        Assert.That(claimed, Is.Empty);
        Assert.That(overtaking.Single().Run.Id, Is.EqualTo(low.Id));
        Assert.That(after.Single().Run.Id, Is.EqualTo(urgent.Id));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Of_runs_that_are_equally_urgent_the_one_that_nobody_holds_is_claimed(bool inPool)
    {
        Pipelines pipelines = Know(inPool);
        await pipelines.RegisterAsync();
        await pipelines.SetPoolAsync("gpu", 2);
        PipelineRun held = await StartAsync(pipelines, RunPriority.Normal);
        PipelineRun free = await StartAsync(pipelines, RunPriority.Normal);
        await using Hold hold = await HoldAsync(held.Id);

        List<ClaimedStep> claimed = await pipelines.Store.ClaimAsync("w", 1, default);

        Assert.That(claimed.Single().Run.Id, Is.EqualTo(free.Id));
    }

    [Test]
    public async Task A_pool_that_somebody_holds_holds_up_no_other_pool()
    {
        var pipelines = new Pipelines(_own!, [new TestPipeline(static p =>
        {
            p.Step("a", static _ => Task.FromResult(1)).InPool("first");
            p.Step("b", static _ => Task.FromResult(1)).InPool("second");
        })]);
        await pipelines.RegisterAsync();
        PipelineRun run = await StoreTests.StartAsync(pipelines);
        await using var hold = new Hold(_other!, "SELECT slots FROM orchestration_pool WHERE name = 'first' FOR UPDATE");
        await hold.Began;

        List<ClaimedStep> free = await pipelines.Store.ClaimAsync("w", 2, default);
        List<ClaimedStep> held = await pipelines.Store.ClaimAsync("w", 2, default);
        await hold.DisposeAsync();
        List<ClaimedStep> after = await pipelines.Store.ClaimAsync("w", 2, default);

        Assert.That(free.Select(static step => step.Key), Is.EqualTo((string[])["b"]));
        Assert.That(held, Is.Empty);
        Assert.That(after.Select(static step => step.Key), Is.EqualTo((string[])["a"]));
        Assert.That((await StoreTests.StatesAsync(run)).Values, Is.All.EqualTo(StepState.Running));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_worker_that_finds_everything_held_looks_again_long_before_its_next_poll(bool inPool)
    {
        Pipelines pipelines = Know(inPool);
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines, RunPriority.Normal);
        Hold hold = await HoldAsync(run.Id);
        int claims = 0;
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeClaim && Interlocked.Increment(ref claims) == 3)
            {
                hold.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        };
        PipelineWorkerOptions options = StoreTests.Quick();
        options.PollInterval = TimeSpan.FromMinutes(1);
        using var limit = new CancellationTokenSource(options.PollInterval / 2);
        await using var worker = new PipelineWorker(pipelines, options);
        worker.Start();

        Assert.That(async () => run = await pipelines.WaitAsync(run.Id, limit.Token), Throws.Nothing, "the worker has not looked again");
        await hold.DisposeAsync();

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded));
    }

    [Test]
    public async Task A_run_that_somebody_holds_for_long_holds_up_no_other()
    {
        Pipelines pipelines = Know(inPool: false);
        await pipelines.RegisterAsync();
        PipelineRun urgent = await StartAsync(pipelines, RunPriority.High);
        PipelineRun low = await StartAsync(pipelines, RunPriority.Low);
        await using Hold hold = await HoldAsync(urgent.Id);
        await using var worker = new PipelineWorker(pipelines, StoreTests.Quick(slots: 1));
        worker.Start();

        low = await StoreTests.FinishAsync(pipelines, low.Id);

        Assert.That(low.State, Is.EqualTo(PipelineRunState.Succeeded));
        Assert.That((await pipelines.GetAsync(urgent.Id)).IsOver, Is.False);
    }

    [Test]
    public async Task Results_that_come_while_another_process_holds_the_run_share_the_transaction_that_waits_for_it()
    {
        var pipelines = new Pipelines(_own!, [new TestPipeline(static p =>
        {
            for (int i = 0; i < 8; i++)
            {
                p.Step(string.Create(CultureInfo.InvariantCulture, $"s{i}"), static _ => Task.FromResult(1));
            }
        })]);
        await pipelines.RegisterAsync();
        PipelineRun run = await StoreTests.StartAsync(pipelines);
        List<ClaimedStep> steps = await pipelines.Store.ClaimAsync("w", 8, default);
        Hold hold = await HoldAsync(run.Id);
        var commits = new RunCommits(pipelines.Store);

        Task<CommitResult> first = commits.CommitAsync(Completion(pipelines, steps[0]));
        await WaitForWaiterAsync();
        Task<CommitResult>[] others = [.. steps.Skip(1).Select(step => commits.CommitAsync(Completion(pipelines, step)))];
        await hold.DisposeAsync();
        CommitResult[] results = [await first, .. await Task.WhenAll(others)];

        Assert.That(results.Select(static result => result.Status), Is.All.EqualTo(CommitStatus.Committed));
        List<string> transactions = await _own!.QueryAsync(
            "SELECT DISTINCT CAST(xmin AS text) FROM orchestration_event WHERE kind = 3", static row => row.GetString(0), CancellationToken.None);
        Assert.That(transactions, Has.Count.EqualTo(1));
        await LogInvariants.CheckAsync(pipelines, run.Id);
    }

    private static Task<PipelineRun> StartAsync(Pipelines pipelines, RunPriority priority) =>
        pipelines.StartAsync<TestPipeline, int>(0, new StartOptions { Priority = priority });

    private static StepCompletion Completion(Pipelines pipelines, ClaimedStep step)
    {
        PipelineGraph graph = pipelines.Graphs[0];
        byte[] one = "1"u8.ToArray();
        return new StepCompletion(step, graph, graph.FindNode(step.Node)!, new StepOutput(one), new StoredPayload(one, null, 1), [], null);
    }

    private Pipelines Know(bool inPool) => new(_own!, [new TestPipeline(p =>
    {
        Step<int> only = p.Step("only", static _ => Task.FromResult(1));
        _ = inPool ? only.InPool("gpu") : only;
    })]);

    /// <summary>Holds a run's row as another process's commit does, until it is released.</summary>
    private async Task<Hold> HoldAsync(long run)
    {
        var hold = new Hold(_other!, string.Create(CultureInfo.InvariantCulture, $"SELECT id FROM orchestration_run WHERE id = {run} FOR UPDATE"));
        await hold.Began;
        return hold;
    }

    private async Task WaitForWaiterAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            List<long> waiting = await _own!.QueryAsync(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')", static row => row.GetInt64(0), limit.Token);
            if (waiting[0] > 0)
            {
                return;
            }

            await Task.Delay(10, limit.Token);
        }
    }

    private sealed class Hold : IAsyncDisposable
    {
        private readonly ManualResetEventSlim _release = new();
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task<int> _transaction;

        public Hold(Database database, string rows) => _transaction = database.WriteAsync((this, rows), static (session, state) =>
        {
            (Hold hold, string rows) = state;
            session.QueryFirst(rows, static row => row.GetInt64(0));
            hold._began.TrySetResult();
            return hold._release.Wait(TimeSpan.FromSeconds(60)) ? 1 : 0;
        });

        public Task Began => _began.Task;

        public async ValueTask DisposeAsync()
        {
            _release.Set();
            await _transaction;
        }
    }
}
