using System.Collections.Concurrent;
using System.Text;
using Mlops.Orchestration.TestWorker;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

/// <summary>The server goes down as in a crash while a worker works, and comes up again.</summary>
[TestFixture]
[NonParallelizable]
public sealed class PostgreSqlServerCrashTests
{
    [TestCase(true)]
    [TestCase(false)]
    [CancelAfter(120_000)]
    public async Task A_run_outlives_crashes_of_the_server(bool synchronousCommit, CancellationToken cancellationToken)
    {
        await using var database = new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
        var pipelines = new Pipelines(database, [new Chain(), new Shapes()]);
        PipelineWorkerOptions options = StoreTests.Quick();
        options.LeaseDuration = TimeSpan.FromSeconds(2);
        await using var worker = new PipelineWorker(pipelines, options);
        worker.Start();
        PipelineRun chain = await pipelines.StartAsync<Chain, long>(1, new StartOptions { Durability = Durability.Power }, cancellationToken);
        PipelineRun shapes = await pipelines.StartAsync<Shapes, long>(2, new StartOptions { Durability = Durability.Power }, cancellationToken);

        for (int crash = 0; crash < 2; crash++)
        {
            await Task.Delay(150, cancellationToken);
            PostgreSqlServer.CrashAndRestart(synchronousCommit);
        }

        await CheckAsync(pipelines, chain.Id, ($"step-{Chain.Length - 1}", Chain.Oracle(1)), cancellationToken);
        await CheckAsync(pipelines, shapes.Id, Shapes.Oracle(2), cancellationToken);
    }

    /// <summary>Commits of steps need not have reached the disk; what is told of them must have.</summary>
    [Test]
    [CancelAfter(240_000)]
    public async Task What_was_told_stays_true_when_the_server_crashes_and_loses_commits(CancellationToken cancellationToken)
    {
        await using var database = new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
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

    private static async Task CheckAsync(Pipelines pipelines, long runId, (string Step, long Result) expected, CancellationToken cancellationToken)
    {
        PipelineRun run = await pipelines.WaitAsync(runId, cancellationToken);
        await LogInvariants.CheckAsync(pipelines, run.Id);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<long>(expected.Step, cancellationToken), Is.EqualTo(expected.Result));
    }
}
