namespace Mlops.Orchestration.Tests;

public abstract class PauseTests : StoreTests
{
    [Test]
    public async Task A_paused_run_lets_its_steps_end_and_begins_no_other_until_it_is_resumed()
    {
        var gate = new TaskCompletionSource<int>();
        Pipelines pipelines = Work(p =>
        {
            Step<int> a = p.Step("a", ctx => ctx.Parameters == 1 ? gate.Task : Task.FromResult(0));
            p.Step("b", a, static (x, _) => Task.FromResult(x + 1));
        });
        PipelineRun run = await StartAsync(pipelines, 1);
        await SeeAsync<StepStarted>(pipelines, run.Id);

        Assert.That(await pipelines.PauseAsync(run.Id, "maintenance"), Is.True);
        gate.SetResult(1);
        await SeeAsync<StepSucceeded>(pipelines, run.Id);

        // Another run goes all the way meanwhile, so the worker had every opportunity.
        await RunAsync(pipelines);
        run = await pipelines.GetAsync(run.Id);
        Assert.That(run.PausedAt, Is.Not.Null);
        Assert.That((await StatesAsync(run))["b"], Is.EqualTo(StepState.Ready));

        Assert.That(await pipelines.ResumeAsync(run.Id), Is.True);
        run = await FinishAsync(pipelines, run.Id);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("b"), Is.EqualTo(2));
        Assert.That(run.PausedAt, Is.Null);
        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, run.Id);
        Assert.That(log.OfType<RunPaused>().Single().Reason, Is.EqualTo("maintenance"));
        Assert.That(log.OfType<RunResumed>().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_of_a_paused_run_is_claimed_whichever_way_a_step_becomes_ready()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1)).WithRetry(RetryPolicy.Fixed(3, TimeSpan.Zero));
            p.Step("b", a, static (x, _) => Task.FromResult(x));
        });
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ClaimedStep step = (await pipelines.Store.ClaimAsync("w", 1, default)).Single();
        await pipelines.PauseAsync(run.Id, "x");

        // Given back: ready again, yet not to be had.
        await pipelines.Store.ReleaseAsync(step, "back", default);
        Assert.That(await pipelines.Store.ClaimAsync("w", 1, default), Is.Empty);
        Assert.That(await pipelines.Store.ReadNextWakeAsync(default), Is.Null);

        // Failed with a retry that is due at once: the slot that asks to go on gets nothing.
        await pipelines.ResumeAsync(run.Id);
        step = (await pipelines.Store.ClaimAsync("w", 1, default)).Single();
        await pipelines.PauseAsync(run.Id, "x");
        PipelineGraph graph = pipelines.Graphs[0];
        CommitResult failed = await pipelines.Store.FailAsync(
            new StepFailure(step, graph, graph.FindNode("a")!, "broke", StepFailureKind.Error, TimeSpan.Zero, "w"), default);
        Assert.That(failed.Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That(failed.Next, Is.Null);

        // Committed: its successor waits as well.
        await pipelines.ResumeAsync(run.Id);
        step = (await pipelines.Store.ClaimAsync("w", 1, default)).Single();
        await pipelines.PauseAsync(run.Id, "x");
        CommitResult committed = await pipelines.Store.CommitAsync(
            new StepCompletion(step, graph, graph.FindNode("a")!, new StepOutput("1"u8.ToArray()), new StoredPayload("1"u8.ToArray(), null, 1), [], "w"), default);
        Assert.That(committed.Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That(committed.Next, Is.Null);
        Assert.That(await pipelines.Store.ClaimAsync("w", 1, default), Is.Empty);
    }

    [Test]
    public async Task Pausing_and_resuming_say_whether_they_changed_anything()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        PipelineRun run = await StartAsync(pipelines);

        Assert.That(await pipelines.ResumeAsync(run.Id), Is.False);
        Assert.That(await pipelines.PauseAsync(run.Id, "one"), Is.True);
        Assert.That(await pipelines.PauseAsync(run.Id, "two"), Is.False);
        Assert.That(await pipelines.CancelAsync(run.Id, "no longer wanted"), Is.True);
        Assert.That(await pipelines.ResumeAsync(run.Id), Is.False);
        Assert.That(await pipelines.PauseAsync(run.Id, "three"), Is.False);
        Assert.That((await pipelines.GetAsync(run.Id)).PausedAt, Is.Null);
        await Assert.ThatAsync(() => pipelines.PauseAsync(4_711, "x"), Throws.TypeOf<PipelineRunNotFoundException>());
        await Assert.ThatAsync(() => pipelines.ResumeAsync(4_711), Throws.TypeOf<PipelineRunNotFoundException>());
        await Assert.ThatAsync(() => pipelines.PauseAsync(run.Id, " "), Throws.ArgumentException);
    }
}
