namespace Mlops.Orchestration.Tests;

/// <summary>Steps that the database gives to a worker, which does not know of them or does not yet.</summary>
public abstract class GiveBackTests : StoreTests
{
    [Test]
    public async Task A_step_that_a_commit_has_claimed_for_its_slot_is_not_given_back_while_the_attempt_before_is_cleared_away()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> a = p.Step("a", static async ctx =>
            {
                await ctx.StoreArtifactAsync(new MemoryStream([1, 2, 3]));
                return 1;
            });
            p.Step("b", a, static (_, ctx) => Task.FromResult(ctx.Attempt));
        });
        int commits = 0;
        using var release = new ManualResetEventSlim();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.AfterCommit && Interlocked.Increment(ref commits) == 1)
            {
                // What the attempt does at its end waits behind this, where there is one writer.
                _ = Database.WriteAsync((release, held), static (_, state) =>
                {
                    state.held.TrySetResult();
                    state.release.Wait(TimeSpan.FromSeconds(30));
                    return 0;
                });
            }
        };
        StartWorker(pipelines, Quick(slots: 1));
        PipelineRun run = await StartAsync(pipelines);
        await held.Task.WaitAsync(TimeSpan.FromSeconds(60));

        // Steps that nobody runs are looked for every tenth of a second.
        await Task.Delay(TimeSpan.FromSeconds(1));
        release.Set();
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("b"), Is.EqualTo(1));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepReleased>(), Is.Empty);
    }

    [Test]
    public async Task A_step_whose_claim_never_reached_the_worker_is_given_back()
    {
        // The worker's only slot is taken, so that it cannot claim the step itself.
        var gate = new TaskCompletionSource<int>();
        Pipelines pipelines = Work(p => p.Step("a", ctx => ctx.Parameters == 1 ? gate.Task : Task.FromResult(ctx.Attempt)), Quick(slots: 1));
        PipelineRun blocker = await StartAsync(pipelines, 1);
        await SeeAsync<StepStarted>(pipelines, blocker.Id);
        string worker = (await pipelines.Store.ListOtherWorkersAsync("", default)).Single();

        PipelineRun run = await StartAsync(pipelines);
        await ClaimAsync(pipelines, worker);
        StepReleased released = await SeeAsync<StepReleased>(pipelines, run.Id);
        gate.SetResult(0);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(released.Reason, Is.EqualTo("Nobody ran it."));
        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_lost_claim_is_given_back_also_while_a_result_of_another_run_is_refused()
    {
        var gates = new TaskCompletionSource<int>[] { new(), new() };
        Pipelines pipelines = Know(p => p.Step("a", ctx => ctx.Parameters == 0 ? Task.FromResult(ctx.Attempt) : gates[ctx.Parameters - 1].Task));
        PipelineWorkerOptions options = Quick(slots: 2);
        options.LongestCommitPause = TimeSpan.FromMilliseconds(20);
        StartWorker(pipelines, options);
        PipelineRun blocker = await StartAsync(pipelines, 1);
        PipelineRun refused = await StartAsync(pipelines, 2);
        await SeeAsync<StepStarted>(pipelines, blocker.Id);
        await SeeAsync<StepStarted>(pipelines, refused.Id);
        string worker = (await pipelines.Store.ListOtherWorkersAsync("", default)).Single();
        await RefuseAsync("a", [RunEventKind.StepSucceeded, RunEventKind.StepFailed], refused.Id);
        int offers = 0;
        bool accepts = false;
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeCommit)
            {
                Interlocked.Increment(ref offers);
                if (Volatile.Read(ref accepts))
                {
                    // Before a result is offered, and so never between one that is refused and the failure in its place.
                    pipelines.Reached = null;
                    AcceptAsync().GetAwaiter().GetResult();
                }
            }
        };
        gates[1].SetResult(0);
        Assert.That(() => Volatile.Read(ref offers), Is.GreaterThan(2).After(30_000, 10));

        PipelineRun run = await StartAsync(pipelines);
        await ClaimAsync(pipelines, worker);
        StepReleased released = await SeeAsync<StepReleased>(pipelines, run.Id);
        Assert.That(released.Reason, Is.EqualTo("Nobody ran it."));

        Volatile.Write(ref accepts, true);
        (await FinishAsync(pipelines, refused.Id)).EnsureSucceeded();
        gates[0].SetResult(0);
        (await FinishAsync(pipelines, blocker.Id)).EnsureSucceeded();
        (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task A_give_back_that_is_refused_keeps_no_other_from_it_and_is_tried_again(int refused)
    {
        var gate = new TaskCompletionSource<int>();
        Pipelines pipelines = Work(p => p.Step("a", ctx => ctx.Parameters == 1 ? gate.Task : Task.FromResult(ctx.Attempt)), Quick(slots: 1));
        PipelineRun blocker = await StartAsync(pipelines, 1);
        await SeeAsync<StepStarted>(pipelines, blocker.Id);
        string worker = (await pipelines.Store.ListOtherWorkersAsync("", default)).Single();
        PipelineRun[] runs = [await StartAsync(pipelines), await StartAsync(pipelines)];
        await RefuseAsync("a", [RunEventKind.StepReleased], runs[refused].Id);
        await ClaimAsync(pipelines, worker);
        await ClaimAsync(pipelines, worker);

        await SeeAsync<StepReleased>(pipelines, runs[1 - refused].Id);
        await AcceptAsync();
        await SeeAsync<StepReleased>(pipelines, runs[refused].Id);
        gate.SetResult(0);
        foreach (PipelineRun run in runs)
        {
            Assert.That(await (await FinishAsync(pipelines, run.Id)).EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task A_claim_whose_answer_takes_long_is_not_given_back([Values] bool isDispatched)
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> a = p.Step("a", static ctx => Task.FromResult(ctx.Attempt));
            p.Step("b", a, static (_, ctx) => Task.FromResult(ctx.Attempt));
        });
        PipelineWorkerOptions options = Quick();
        options.WatchInterval = TimeSpan.FromMilliseconds(10);
        ChannelDispatcher? dispatcher = isDispatched ? new ChannelDispatcher(options.MaximumConcurrentSteps) : null;
        PipelineWorker worker = StartWorker(pipelines, dispatcher, options);
        dispatcher?.Serve(worker);
        (await RunAsync(pipelines)).EnsureSucceeded();

        // Of the worker that works and looks after its steps: the claim of the first, and the commit that takes the second where no dispatcher does.
        int late = 0;
        pipelines.Reached = point =>
        {
            if (point is ExecutionPoint.AfterClaim or ExecutionPoint.AfterCommit && Interlocked.Increment(ref late) <= 2)
            {
                Thread.Sleep(500);
            }
        };
        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That(late, Is.GreaterThanOrEqualTo(2));
        Assert.That(await run.GetResultAsync<int>("a"), Is.EqualTo(1));
        Assert.That(await run.GetResultAsync<int>("b"), Is.EqualTo(1));
    }
}
