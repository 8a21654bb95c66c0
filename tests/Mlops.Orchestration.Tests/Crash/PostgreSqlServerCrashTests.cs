using System.Collections.Concurrent;
using System.Text;
using Mlops.Orchestration.TestWorker;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

/// <summary>The server goes down as in a crash while workers and a schedule go on, and comes up again.</summary>
[TestFixture]
[NonParallelizable]
public sealed class PostgreSqlServerCrashTests
{
    private string _artifacts = "";

    [SetUp]
    public void CreateArtifacts() => _artifacts = Directory.CreateTempSubdirectory("mlops-crash-artifacts").FullName;

    [TearDown]
    public void DeleteArtifacts() => Directory.Delete(_artifacts, recursive: true);

    /// <summary>Power is synchronous_commit on, Process off.</summary>
    [TestCase(Durability.Power)]
    [TestCase(Durability.Process)]
    [CancelAfter(1_800_000)]
    public async Task Runs_outlive_crashes_of_the_server_and_at_Power_nothing_that_was_acknowledged_is_lost(Durability level, CancellationToken cancellationToken)
    {
        string connection = PostgreSqlServer.CreateDatabase();
        int seed = KillCount.DrawSeed();
        var random = new Random(seed);
        await using var database = new PostgreSqlDatabase(connection);
        await using var otherDatabase = new PostgreSqlDatabase(connection);
        Pipelines pipelines = Open(database);
        Pipelines others = Open(otherDatabase);
        await using PipelineWorker worker = Work(pipelines, level);
        await using PipelineWorker other = Work(others, level);
        await using var scheduler = new PipelineScheduler(others, [CrashPipelines.EverySecond]);
        scheduler.Start();

        var work = new CrashWork(database, pipelines);
        var seen = new AcknowledgedEntries(pipelines);
        int crashes = int.Max(4, KillCount.PerTest / 3);
        int acknowledged = 0;
        for (int crash = 0; crash < crashes;)
        {
            (long entries, long open) = await AgainAsync(work.LookAsync, cancellationToken);
            if (open == 0)
            {
                await AgainAsync(work.AddSetAsync, cancellationToken);
                continue;
            }

            long target = entries + random.Next(1, 120);
            while (open > 0 && entries < target)
            {
                await AgainAsync(work.ApproveAsync, cancellationToken);
                await AgainAsync(token => seen.ReadAsync(work.Runs, token), cancellationToken);
                (entries, open) = await AgainAsync(work.LookAsync, cancellationToken);
            }

            await AgainAsync(token => seen.ReadAsync(work.Runs, token), cancellationToken);
            acknowledged = seen.Count;
            PostgreSqlServer.CrashAndRestart();
            await AgainAsync(seen.CompareAsync, cancellationToken);
            crash++;
        }

        while ((await AgainAsync(work.LookAsync, cancellationToken)).Open > 0)
        {
            await AgainAsync(work.ApproveAsync, cancellationToken);
            await Task.Delay(20, cancellationToken);
        }

        List<RunEvent> log = await work.CheckAsync(cancellationToken);
        RunEvent[] lost = [.. seen.Lost];
        await seen.CompareAsync(cancellationToken);

        // Crashes once a second may undo the schedule's beginning every time.
        while ((await pipelines.ListRunsAsync(nameof(Ticked), cancellationToken: cancellationToken)).Count < 2)
        {
            await Task.Delay(100, cancellationToken);
        }

        await scheduler.StopAsync(cancellationToken);
        int ticks = await CrashChecks.TicksAsync(pipelines, cancellationToken);
        await CrashChecks.ArtifactsAsync(database, pipelines, cancellationToken);
        await CrashChecks.CacheAsync(pipelines, work.Runs.Where(static run => run.Pipeline == nameof(Shapes)).Select(static run => run.Id), cancellationToken);
        await Amcheck.CheckAsync(database, cancellationToken);
        TestContext.Out.WriteLine(
            $"seed {seed}, level {level}: {crashes} crashes of the server, {log.Count} entries, {acknowledged} seen before the last crash, {lost.Length} seen and lost, {ticks} ticks");
        Assert.That(seen.Lost, Has.Count.EqualTo(lost.Length), "without a crash, a log only grows");
        Assert.That(acknowledged, Is.GreaterThan(0));
        if (level == Durability.Power)
        {
            // Claims and what takes them back are always at Process: a claim that is lost is made again.
            Assert.That(lost.Where(static entry => entry is not (StepStarted or StepReleased or StepReclaimed or StepFenced)), Is.Empty, "acknowledged and lost");
        }

        // Stored at Power: they stand whatever the server answers to others.
        await work.CheckDecisionsAsync(cancellationToken);
    }

    /// <summary>Commits of steps need not have reached the disk; what is told of them must have.</summary>
    [Test]
    [CancelAfter(240_000)]
    public async Task What_was_told_stays_true_when_the_server_crashes_and_loses_commits(CancellationToken cancellationToken)
    {
        await using var database = new PostgreSqlDatabase(
            PostgreSqlServer.CreateDatabase(), new DatabaseOptions { OutboxLeaseDuration = TimeSpan.FromSeconds(2) });
        var receiver = new Remembering();
        var outbox = new Outbox(database, [receiver]);
        var pipelines = new Pipelines(database, [new Chain(), new Shapes()], outbox: outbox);
        PipelineWorkerOptions options = StoreTests.Quick();
        options.LeaseDuration = TimeSpan.FromSeconds(2);
        await using var worker = new PipelineWorker(pipelines, options);
        using var relay = new OutboxRelay(outbox, new LeaseTable(database));
        PipelineRun chain = await pipelines.StartAsync<Chain, long>(1, new StartOptions { Durability = Durability.Power }, cancellationToken);
        PipelineRun shapes = await pipelines.StartAsync<Shapes, long>(2, new StartOptions { Durability = Durability.Power }, cancellationToken);
        worker.Start();
        await relay.StartAsync(CancellationToken.None);

        for (int crash = 1; crash <= 2; crash++)
        {
            int target = receiver.Messages.Count + 20;
            while (receiver.Messages.Count < target)
            {
                await Task.Delay(5, cancellationToken);
            }

            PostgreSqlServer.CrashAndRestart(synchronousCommit: false);
        }

        HashSet<string> expected = await CrashTests.ListTellableAsync(database, pipelines, chain.Id, cancellationToken);
        expected.UnionWith(await CrashTests.ListTellableAsync(database, pipelines, shapes.Id, cancellationToken));
        while ((await database.QueryAsync("SELECT count(*) FROM outbox_message", static row => row.GetInt64(0), cancellationToken))[0] > 0)
        {
            await Task.Delay(20, cancellationToken);
        }

        await relay.StopAsync(CancellationToken.None);
        Assert.That(receiver.Messages.Select(static m => m.Id).Distinct(), Is.EquivalentTo(expected), "each at least once");
        Assert.That(receiver.Messages.Distinct().Count(), Is.EqualTo(expected.Count), "what was lost and done again would tell another time");
    }

    private Pipelines Open(Database database) => new(database, CrashPipelines.All, new ArtifactCatalog(database, new FileArtifactStore(_artifacts)));

    private static PipelineWorker Work(Pipelines pipelines, Durability level)
    {
        PipelineWorkerOptions options = StoreTests.Quick();
        options.LeaseDuration = TimeSpan.FromSeconds(2);
        options.StepDurability = level;
        var worker = new PipelineWorker(pipelines, options);
        worker.Start();
        return worker;
    }

    private static async Task<T> AgainAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await call(cancellationToken);
            }
            catch (Exception exception) when (exception is StorageException or ApprovalNotPendingException)
            {
                // The server is not up yet, or the answer was lost; all of these calls may be repeated.
                await Task.Delay(20, cancellationToken);
            }
        }
    }

    private static Task<bool> AgainAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken) => AgainAsync(
        async token =>
        {
            await call(token);
            return true;
        },
        cancellationToken);

    /// <summary>Keeps the id and the text of what it is sent.</summary>
    private sealed class Remembering : IOutboxReceiver
    {
        public ConcurrentQueue<(string Id, string Text)> Messages { get; } = [];

        public string Name => "remembering";

        public bool Takes(string topic) => true;

        public async Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default)
        {
            Messages.Enqueue((message.Id, Encoding.UTF8.GetString(message.Payload.Span)));

            // Slower than the steps, so that there is always something left to lose.
            await Task.Delay(3, cancellationToken);
        }
    }
}
