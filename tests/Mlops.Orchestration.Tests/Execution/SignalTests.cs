using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

/// <summary>What processes tell each other. On SQLite they look.</summary>
internal sealed class SignalTests
{
    [Test]
    public async Task A_worker_hears_of_a_run_that_another_process_has_started()
    {
        string connectionString = PostgreSqlServer.CreateDatabase();
        await using var own = new PostgreSqlDatabase(connectionString);
        await using var other = new PostgreSqlDatabase(connectionString);
        Pipelines served = Know(own), started = Know(other);
        PipelineWorkerOptions options = StoreTests.Quick();
        options.PollInterval = TimeSpan.FromMinutes(1);
        await using var worker = new PipelineWorker(served, options);
        worker.Start();
        await StoreTests.FinishAsync(served, (await StoreTests.StartAsync(served)).Id);
        using var limit = new CancellationTokenSource(options.PollInterval / 2);

        PipelineRun run = await StoreTests.StartAsync(started);

        Assert.That(async () => run = await started.WaitAsync(run.Id, limit.Token), Throws.Nothing, "the worker has not looked yet");
        Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded));
    }

    private static Pipelines Know(PostgreSqlDatabase database) => new(database, [new TestPipeline(static p => p.Step("only", static _ => Task.FromResult(1)))]);
}
