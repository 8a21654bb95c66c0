using System.Globalization;
using Mlops.Orchestration.Testing;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>What a step costs, counted rather than timed; alone, because allocations are the process's.</summary>
[NonParallelizable]
internal sealed class CostTests
{
    private SqliteFile? _file;
    private Database? _database;

    [SetUp]
    public void OpenDatabase() => _database = (_file = new SqliteFile()).Open();

    [TearDown]
    public async Task CloseDatabase()
    {
        await _database!.DisposeAsync();
        _file!.Dispose();
    }

    [Test]
    public async Task A_step_of_a_chain_is_one_transaction_of_six_statements()
    {
        const int Steps = 200;
        Pipelines pipelines = Know(Chain(Steps));
        await using PipelineWorker worker = Start(pipelines, slots: 1);
        await RunAsync(pipelines, 0);
        StatementCounter counter = await StatementCounter.AttachAsync(_database!);

        PipelineRun run = await StoreTests.StartAsync(pipelines);
        int started = counter.Total;
        await pipelines.WaitAsync(run.Id);

        Assert.That(counter.Count("INSERT INTO orchestration_event"), Is.InRange(Steps, Steps + 10), "that it has ended and the next one has begun is one");
        Assert.That(counter.Count("COMMIT"), Is.InRange(Steps, Steps + 10));
        Assert.That((double)(counter.Total - started) / Steps, Is.LessThan(8.2), "with BEGIN and COMMIT");
    }

    [Test]
    public async Task Runs_that_the_cache_keeps_cost_a_purge_no_transaction()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Parameters)).WithCache());
        await using PipelineWorker worker = Start(pipelines, slots: 1);
        for (int i = 0; i < 100; i++)
        {
            await RunAsync(pipelines, i);
        }

        await RunAsync(pipelines, 0);
        PipelineRun hit = (await pipelines.ListRunsAsync("test", 1)).Single();
        await worker.StopAsync();
        StatementCounter counter = await StatementCounter.AttachAsync(_database!);

        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(1));

        Assert.That(await pipelines.FindAsync(hit.Id), Is.Null);
        Assert.That(counter.Count("COMMIT"), Is.InRange(1, 8));
    }

    [Test]
    public async Task Results_of_a_run_that_come_before_its_transaction_begins_share_it()
    {
        const int Steps = 50;
        Pipelines pipelines = Know(FanOut);
        PipelineVersions versions = await pipelines.RegisterAsync();
        PipelineRun run = await StoreTests.StartAsync(pipelines, Steps);
        ClaimedStep count = (await pipelines.Store.ClaimAsync("worker", 1, default))[0];
        PipelineGraph graph = versions.GraphOf(count.Run.VersionId);
        await pipelines.Store.CommitAsync(Completion(graph, count, "50"), default);
        ClaimedStep items = (await pipelines.Store.ClaimAsync("worker", 1, default))[0];
        await pipelines.Store.CommitAsync(
            new StepCompletion(
                items, graph, graph.FindNode("item")!, new StepOutput([]) { Items = [.. Enumerable.Range(0, Steps).Select(static i => new ExpandedItem($"{i}", "1"u8.ToArray()))] }, default, [], null),
            default);
        List<ClaimedStep> claimed = await pipelines.Store.ClaimAsync("worker", Steps, default);
        StatementCounter counter = await StatementCounter.AttachAsync(_database!);
        using var release = new ManualResetEventSlim();
        Task<int> busy = _database!.WriteAsync(release, static (_, release) =>
        {
            release.Wait();
            return 0;
        });
        var commits = new RunCommits(pipelines.Store);

        Task<CommitResult>[] results = [.. claimed.Select(step => commits.CommitAsync(Completion(graph, step, "1", "worker")))];
        release.Set();
        await busy;
        CommitResult[] settled = await Task.WhenAll(results);

        Assert.That(claimed, Has.Count.EqualTo(Steps));
        Assert.That(settled.Select(static result => result.Status), Is.All.EqualTo(CommitStatus.Committed));
        Assert.That(counter.Count("UPDATE orchestration_run"), Is.EqualTo(1));
        Assert.That(settled.Select(static result => result.Next).OfType<ClaimedStep>().Select(static step => step.Key), Is.EqualTo((string[])["sum"]), "one slot goes on");
    }

    [Test]
    public async Task A_result_that_cannot_be_committed_leaves_those_it_came_with_alone()
    {
        Pipelines pipelines = Know(static p =>
        {
            p.Step("a", static _ => Task.FromResult(1));
            p.Step("b", static _ => Task.FromResult(2));
            p.Step("c", static _ => Task.FromResult(3));
        });
        PipelineVersions versions = await pipelines.RegisterAsync();
        PipelineRun run = await StoreTests.StartAsync(pipelines);
        ClaimedStep[] claimed = [.. (await pipelines.Store.ClaimAsync("worker", 3, default)).OrderBy(static step => step.Key, StringComparer.Ordinal)];
        PipelineGraph graph = versions.GraphOf(claimed[0].Run.VersionId);
        using var release = new ManualResetEventSlim();
        Task<int> busy = _database!.WriteAsync(release, static (_, release) =>
        {
            release.Wait();
            return 0;
        });
        var commits = new RunCommits(pipelines.Store);

        Task<CommitResult>[] results = [.. claimed.Select(step => commits.CommitAsync(step.Key == "b"
            ? Completion(graph, step, "1") with { Artifacts = [ContentHash.Parse(new string('a', 64))] }
            : Completion(graph, step, "1")))];
        release.Set();
        await busy;

        Assert.That(async () => await results[1], Throws.InstanceOf<ArtifactNotFoundException>());
        Assert.That((await results[0]).Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That((await results[2]).Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That((await StoreTests.StatesAsync(run))["b"], Is.EqualTo(StepState.Running));
    }

    [Test]
    public async Task What_a_step_costs_does_not_depend_on_how_many_there_are()
    {
        Pipelines pipelines = Know(FanOut);
        await using PipelineWorker worker = Start(pipelines, slots: 1);
        await RunAsync(pipelines, 10);
        StatementCounter counter = await StatementCounter.AttachAsync(_database!);

        await RunAsync(pipelines, 100);
        double few = counter.Steps / 100.0;
        counter.Reset();
        await RunAsync(pipelines, 1_000);

        Assert.That(few, Is.GreaterThan(100), "steps of SQLite's machine");
        Assert.That(counter.Steps / 1_000.0, Is.LessThan(1.3 * few));
    }

    [Test]
    public async Task A_step_of_a_chain_allocates_no_more_than_fourteen_kilobytes()
    {
        RequireOneWorker();
        const int Steps = 500;
        Pipelines pipelines = Know(Chain(Steps));
        await using PipelineWorker worker = Start(pipelines, slots: 1);
        await RunAsync(pipelines, 0);

        long before = GC.GetTotalAllocatedBytes(precise: true);
        await RunAsync(pipelines, 0);

        Assert.That((GC.GetTotalAllocatedBytes(precise: true) - before) / Steps, Is.LessThan(14_000));
    }

    [Test]
    public async Task A_step_in_memory_allocates_no_more_than_four_kilobytes()
    {
        RequireOneWorker();
        const int Steps = 500;
        PipelineGraph graph = PipelineGraph.Of(new TestPipeline(Chain(Steps)));
        (await InMemoryPipeline.RunAsync(graph, 0)).EnsureSucceeded();

        long before = GC.GetTotalAllocatedBytes(precise: true);
        (await InMemoryPipeline.RunAsync(graph, 0)).EnsureSucceeded();

        Assert.That((GC.GetTotalAllocatedBytes(precise: true) - before) / Steps, Is.LessThan(4_000));
    }

    [Test]
    public async Task A_large_run_holds_no_more_than_three_hundred_bytes_per_step()
    {
        RequireOneWorker();
        const int Steps = 10_000;
        List<long> held = [];
        Pipelines pipelines = Know(p =>
        {
            Step<int> count = p.Step("count", static ctx => Task.FromResult(ctx.Parameters));
            Steps<int> items = p.ForEach("item", count, static n => Enumerable.Range(0, n), Name, (i, _) =>
            {
                if (i is > 10 and (Steps / 4 or Steps / 2))
                {
                    held.Add(GC.GetTotalMemory(forceFullCollection: true));
                }

                return Task.FromResult(i);
            });
            p.Step("sum", items, (all, _) =>
            {
                held.Add(GC.GetTotalMemory(forceFullCollection: true));
                return Task.FromResult(all.Count);
            });
        });
        await using PipelineWorker worker = Start(pipelines, slots: 16);
        await RunAsync(pipelines, 10);
        held.Clear();

        long before = GC.GetTotalMemory(forceFullCollection: true);
        await RunAsync(pipelines, Steps);

        Assert.That(held, Has.Count.EqualTo(3));
        Assert.That((held.Max() - before) / Steps, Is.LessThan(300));
    }

    [Test]
    public async Task A_worker_that_has_nothing_to_do_writes_nothing()
    {
        Pipelines pipelines = Know(FanOut);
        int claims = 0;
        pipelines.Reached = point => Interlocked.Add(ref claims, point == ExecutionPoint.BeforeClaim ? 1 : 0);
        await using PipelineWorker worker = Start(pipelines, slots: 2);
        await RunAsync(pipelines, 3);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (int seen = 0; seen != Volatile.Read(ref claims);)
        {
            // The run ends before the last look for more work.
            seen = Volatile.Read(ref claims);
            await Task.Delay(TimeSpan.FromMilliseconds(500), limit.Token);
        }

        StatementCounter counter = await StatementCounter.AttachAsync(_database!);

        await Task.Delay(TimeSpan.FromMilliseconds(500));

        Assert.That(counter.Count("orchestration_"), Is.Zero);
    }

    private static void RequireOneWorker()
    {
        if (TestContext.CurrentContext.WorkerId is not null)
        {
            Assert.Ignore("The bytes are the process's, and a dispatcher of parallel tests makes garbage of its own: a step of .ci/run runs this in Release with one worker.");
        }
    }

    private static Action<PipelineBuilder<int>> Chain(int steps) => p =>
    {
        Step<int> step = p.Step("step-0", static ctx => Task.FromResult(ctx.Parameters));
        for (int i = 1; i < steps; i++)
        {
            step = p.Step(string.Create(CultureInfo.InvariantCulture, $"step-{i}"), step, static (x, _) => Task.FromResult(x + 1));
        }
    };

    private static void FanOut(PipelineBuilder<int> p)
    {
        Step<int> count = p.Step("count", static ctx => Task.FromResult(ctx.Parameters));
        Steps<int> items = p.ForEach("item", count, static n => Enumerable.Range(0, n), Name, static (i, _) => Task.FromResult(i));
        p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
    }

    private static string Name(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static StepCompletion Completion(PipelineGraph graph, ClaimedStep step, string json, string? continueAs = null)
    {
        byte[] payload = System.Text.Encoding.UTF8.GetBytes(json);
        return new StepCompletion(step, graph, graph.FindNode(step.Node)!, new StepOutput(payload), new StoredPayload(payload, null, payload.Length), [], continueAs);
    }

    private static async Task RunAsync(Pipelines pipelines, int parameters)
    {
        PipelineRun run = await StoreTests.StartAsync(pipelines, parameters);
        run = await pipelines.WaitAsync(run.Id);
        Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded), run.Error);
    }

    private Pipelines Know(Action<PipelineBuilder<int>> define) => new(_database!, [new TestPipeline(define)]);

    private static PipelineWorker Start(Pipelines pipelines, int slots)
    {
        var worker = new PipelineWorker(pipelines, StoreTests.Quick(slots));
        worker.Start();
        return worker;
    }
}
