using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>Steps whose worker was lost, and that others take over once its lease has run out.</summary>
public abstract class TakeOverTests : StoreTests
{
    [Test]
    public async Task A_worker_that_died_is_replaced_by_another_after_its_lease()
    {
        (Pipelines pipelines, SettableClock clock) = await KnowByClockAsync();
        PipelineRun run = await StartAsync(pipelines);
        await ClaimAsDeadAsync(pipelines, "dead");
        StartSweeper(pipelines);

        await Task.Delay(500);
        Assert.That((await StatesAsync(run))["a"], Is.EqualTo(StepState.Running), "the lease has not run out yet");
        clock.Advance(TimeSpan.FromSeconds(15));
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2));
        StepReclaimed reclaimed = (await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepReclaimed>().Single();
        Assert.That(reclaimed.Worker, Is.EqualTo("dead"));
    }

    [Test]
    public async Task A_step_that_is_lost_too_often_fails_instead_of_starting_again()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        for (int i = 0; i < 3; i++)
        {
            await ClaimAsync(pipelines, "dead");
            await pipelines.Store.ReclaimAsync(run.Id, "dead", default);
        }

        PipelineWorkerOptions options = Quick();
        options.MaximumLostAttempts = 3;
        StartWorker(pipelines, options);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Failed));
        Assert.That(run.Error, Does.StartWith("3 attempts were lost"));
    }

    [Test]
    public async Task A_take_over_that_is_refused_keeps_no_other_from_it_and_is_tried_again([Values(0, 1)] int refused, [Values] bool bothAreOfOneWorker)
    {
        (Pipelines pipelines, SettableClock clock) = await KnowByClockAsync();
        PipelineRun[] runs = [await StartAsync(pipelines), await StartAsync(pipelines)];
        foreach (string worker in (string[])["dead", bothAreOfOneWorker ? "dead" : "dead too"])
        {
            await ClaimAsDeadAsync(pipelines, worker);
        }

        await RefuseAsync("a", [RunEventKind.StepReclaimed], runs[refused].Id);
        clock.Advance(TimeSpan.FromSeconds(15));
        StartSweeper(pipelines);
        await FinishAsync(pipelines, runs[1 - refused].Id);
        string left = bothAreOfOneWorker || refused == 0 ? "dead" : "dead too";
        Assert.That(await pipelines.Store.ListOtherWorkersAsync("", default), Does.Contain(left), "there is something to take over from it");

        // The clock of the leases stands still: no lease that the one who tried has taken runs out.
        await AcceptAsync();
        await FinishAsync(pipelines, runs[refused].Id);

        foreach (PipelineRun run in runs)
        {
            Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepReclaimed>().Count(), Is.EqualTo(1));
        }

        Assert.That(async () => await pipelines.Store.ListOtherWorkersAsync("", default), Has.Count.EqualTo(1).After(30_000, 20), "the one that works");
    }

    private async Task<(Pipelines, SettableClock)> KnowByClockAsync()
    {
        var clock = new SettableClock();
        clock.Set(1_000_000_000);
        var pipelines = new Pipelines(Database, [new TestPipeline(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)))], clock: clock);
        await pipelines.RegisterAsync();
        return (pipelines, clock);
    }

    private static async Task ClaimAsDeadAsync(Pipelines pipelines, string worker)
    {
        await pipelines.Leases.TryAcquireAsync(worker, worker, TimeSpan.FromSeconds(15));
        await pipelines.Store.AnnounceAsync(worker, (await pipelines.RegisterAsync()).Ids, default);
        await ClaimAsync(pipelines, worker);
    }

    /// <summary>A worker that looks for lost ones every second. Its own lease is long enough for a machine that is busy.</summary>
    private void StartSweeper(Pipelines pipelines)
    {
        PipelineWorkerOptions options = Quick();
        options.LeaseDuration = TimeSpan.FromSeconds(3);
        StartWorker(pipelines, options);
    }
}
