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

    private static async Task CheckAsync(Pipelines pipelines, long runId, (string Step, long Result) expected, CancellationToken cancellationToken)
    {
        PipelineRun run = await pipelines.WaitAsync(runId, cancellationToken);
        await LogInvariants.CheckAsync(pipelines, run.Id);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<long>(expected.Step, cancellationToken), Is.EqualTo(expected.Result));
    }
}
