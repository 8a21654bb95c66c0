using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>Who may work on a key, between two looks. On SQLite, whose one writer decides what comes first.</summary>
[TestFixture]
internal sealed class CacheLeadTests
{
    [Test]
    public async Task Whoever_gets_the_lead_because_another_has_just_finished_takes_over_that_ones_result()
    {
        int executed = 0;
        using var file = new SqliteFile();
        await using Database database = file.Open();
        var pipelines = new Pipelines(
            database, [new TestPipeline(p => p.Step("a", _ => Task.FromResult(Interlocked.Increment(ref executed))).WithCache(new CachePolicy { Version = "1" }))]);
        await pipelines.RegisterAsync();
        await StoreTests.StartAsync(pipelines);
        await StoreTests.StartAsync(pipelines);
        ClaimedStep[] steps = [(await pipelines.Store.ClaimAsync("w1", 1, default)).Single(), (await pipelines.Store.ClaimAsync("w2", 1, default)).Single()];
        PipelineGraph graph = pipelines.Graphs[0];
        var executor = new StepExecutor(pipelines, new PipelineWorkerOptions(), null, TimeProvider.System, new OrchestrationTelemetry(null));
        await using StepAttempt first = executor.Begin(steps[0], graph);
        await using StepAttempt second = executor.Begin(steps[1], graph);
        var made = (StepOutcome.Succeeded)await executor.RunAsync(first, carried: null);

        // While nothing is written, the second looks and finds nothing; the first one's result is written before the second gets the lead.
        using var writing = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        Task<bool> held = database.WriteAsync((writing, release), static (_, state) =>
        {
            state.writing.Set();
            return state.release.Wait(TimeSpan.FromSeconds(60));
        });
        Assert.That(writing.Wait(TimeSpan.FromSeconds(60)), Is.True);
        Task<CommitResult> commit = pipelines.Store.CommitAsync(
            new StepCompletion(steps[0], graph, graph.FindNode("a")!, made.Output, made.Payload, [], null) { Cache = first.CacheEntry }, default);
        Task<StepOutcome> running = executor.RunAsync(second, carried: null);
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60)))
        {
            while (database.QueueLength < 2)
            {
                await Task.Delay(5, limit.Token);
            }
        }

        release.Set();

        Assert.That(await held, Is.True);
        Assert.That((await commit).Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That(await running, Is.TypeOf<StepOutcome.Cached>());
        Assert.That(executed, Is.EqualTo(1));
    }
}
