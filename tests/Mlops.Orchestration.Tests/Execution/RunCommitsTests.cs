using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>Results that are committed together when something goes wrong.</summary>
internal sealed class RunCommitsTests
{
    [Test]
    public async Task Once_the_database_has_gone_away_none_of_a_batch_is_tried_any_more()
    {
        using var file = new SqliteFile();
        await using Database database = file.Open();
        var clock = new FailingClock();
        var pipelines = new Pipelines(
            database,
            [new TestPipeline(static p =>
            {
                for (int i = 0; i < 20; i++)
                {
                    p.Step($"s{i}", static _ => Task.FromResult(1));
                }
            })],
            clock: clock);
        await pipelines.RegisterAsync();
        await StoreTests.StartAsync(pipelines);
        List<ClaimedStep> steps = await pipelines.Store.ClaimAsync("w", 20, default);
        var commits = new RunCommits(pipelines.Store);
        using var release = new ManualResetEventSlim();
        Task<int> busy = database.WriteAsync(release, static (_, release) =>
        {
            release.Wait();

            // Longer than a group of transactions is held open: what follows is one by itself.
            Thread.Sleep(50);
            return 0;
        });

        Task<CommitResult>[] results = [.. steps.Select(step => commits.CommitAsync(Completion(pipelines, step)))];
        clock.Failures = [new InvalidOperationException("Something about one of them."), new StorageException("Nobody is there.") { IsTransient = true }];
        clock.Reads = 0;
        release.Set();
        await busy;
        foreach (Task<CommitResult> result in results)
        {
            Assert.That(async () => await result, Throws.TypeOf<StorageException>());
        }

        Assert.That(clock.Reads, Is.EqualTo(2), "all of them together, and the first one");
        clock.Failures = [];
        Assert.That((await commits.CommitAsync(Completion(pipelines, steps[0]))).Status, Is.EqualTo(CommitStatus.Committed), "the next one is tried again");
    }

    [Test]
    public async Task A_transaction_that_failed_before_it_took_anything_leaves_nobody_waiting()
    {
        using var file = new SqliteFile();
        await using Database database = file.Open();
        var clock = new FailingClock();
        var pipelines = new Pipelines(database, [new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)))], clock: clock);
        await pipelines.RegisterAsync();
        await StoreTests.StartAsync(pipelines);
        ClaimedStep step = (await pipelines.Store.ClaimAsync("w", 1, default)).Single();
        var commits = new RunCommits(pipelines.Store);
        clock.Failures = [new StorageException("Nobody is there.") { IsTransient = true }];

        Assert.That(async () => await commits.CommitAsync(Completion(pipelines, step)), Throws.TypeOf<StorageException>());

        clock.Failures = [];
        Assert.That((await commits.CommitAsync(Completion(pipelines, step))).Status, Is.EqualTo(CommitStatus.Committed));
    }

    private static StepCompletion Completion(Pipelines pipelines, ClaimedStep step)
    {
        PipelineGraph graph = pipelines.Graphs[0];
        byte[] one = "1"u8.ToArray();
        return new StepCompletion(step, graph, graph.FindNode(step.Node)!, new StepOutput(one), new StoredPayload(one, null, 1), [], null);
    }

    /// <summary>The clock is the first thing that a commit reads; the last failure stays.</summary>
    private sealed class FailingClock : ILeaseClock
    {
        public Exception[] Failures { get; set; } = [];

        public int Reads { get; set; }

        public long Read(SqlSession session)
        {
            int read = Reads++;
            return Failures.Length == 0 ? 1_000_000_000 : throw Failures[int.Min(read, Failures.Length - 1)];
        }
    }
}
