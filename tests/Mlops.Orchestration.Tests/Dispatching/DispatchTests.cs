using System.Collections.Concurrent;

namespace Mlops.Orchestration.Tests;

/// <summary>Steps that a dispatcher sends to executors: what it loses, repeats or sends late changes nothing.</summary>
public abstract class DispatchTests : StoreTests
{
    [Test]
    public async Task Steps_are_executed_by_other_workers_than_the_one_that_hands_them_over()
    {
        var ran = new ConcurrentQueue<string>();
        var dispatcher = new ChannelDispatcher(8);
        StartWorker(Know(p => Fan(p, ran, "sender")), dispatcher);
        var silent = new ChannelDispatcher(8) { Arrives = static _ => false };
        dispatcher.Serve(StartWorker(Know(p => Fan(p, ran, "first")), silent));
        dispatcher.Serve(StartWorker(Know(p => Fan(p, ran, "second")), silent));
        Pipelines pipelines = Know(p => Fan(p, ran, "client"));

        PipelineRun run = (await RunAsync(pipelines, 20)).EnsureSucceeded();

        Assert.That(await run.GetResultAsync<int>("sum"), Is.EqualTo(190));
        Assert.That(ran.Distinct(), Is.SubsetOf((string[])["first", "second"]));
        Assert.That(ran, Has.Count.EqualTo(20));
    }

    [Test]
    public async Task A_message_that_arrives_twice_begins_one_attempt()
    {
        var ran = new ConcurrentQueue<string>();
        var dispatcher = new ChannelDispatcher(8) { Copies = 2 };
        Pipelines pipelines = Know(p => Fan(p, ran, "a"));
        dispatcher.Serve(StartWorker(pipelines, dispatcher));
        dispatcher.Serve(StartWorker(Know(p => Fan(p, ran, "b")), dispatcher));

        PipelineRun run = (await RunAsync(pipelines, 20)).EnsureSucceeded();

        Assert.That(ran, Has.Count.EqualTo(20));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepStarted>().Count(), Is.EqualTo(23), "the count, the group, its items and the sum");
    }

    [Test]
    public async Task A_message_that_was_lost_is_sent_again()
    {
        PipelineWorkerOptions options = Quick();
        // After a lease it is sent again; a busy machine must not lose it meanwhile.
        options.LeaseDuration = TimeSpan.FromSeconds(6);
        var dispatcher = new ChannelDispatcher(8) { Arrives = static number => number > 1 };
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));
        dispatcher.Serve(StartWorker(pipelines, dispatcher, options));

        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That(await run.GetResultAsync<int>("a"), Is.EqualTo(1));
        Assert.That(dispatcher.Sent.Take(2).Distinct(), Is.EqualTo((ReadyStep[])[new(run.Id, "test", "a", 0)]));
    }

    [Test]
    public async Task A_step_that_the_dispatcher_refuses_is_handed_over_again()
    {
        PipelineWorkerOptions options = Quick();
        options.LeaseDuration = TimeSpan.FromMinutes(5);
        var dispatcher = new ChannelDispatcher(8) { Arrives = static number => number > 1 ? true : throw new TimeoutException("The broker is away.") };
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));
        dispatcher.Serve(StartWorker(pipelines, dispatcher, options));

        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That(await run.GetResultAsync<int>("a"), Is.EqualTo(1));
        Assert.That(dispatcher.Sent, Is.EqualTo((ReadyStep[])[new(run.Id, "test", "a", 0), new(run.Id, "test", "a", 0)]));
    }

    [Test]
    public async Task What_is_urgent_goes_first_when_the_dispatcher_has_room_again()
    {
        var gate = new TaskCompletionSource();
        var dispatcher = new ChannelDispatcher(1);
        Pipelines pipelines = Know(p => p.Step("a", async _ =>
        {
            await gate.Task;
            return 1;
        }));
        List<long> runs = [];
        for (int i = 0; i < 3; i++)
        {
            runs.Add((await StartAsync(pipelines)).Id);
        }

        dispatcher.Serve(StartWorker(pipelines, dispatcher));
        Assert.That(() => dispatcher.Sent.Count, Is.EqualTo(2).After(60_000, 10), "the first one is on its way, the second one waits for room");
        PipelineRun urgent = await pipelines.StartAsync<TestPipeline, int>(0, new StartOptions { Priority = RunPriority.High });

        // Longer than a listing is current.
        await Task.Delay(200);
        gate.SetResult();
        foreach (long run in runs)
        {
            (await FinishAsync(pipelines, run)).EnsureSucceeded();
        }

        Assert.That(dispatcher.Sent.Select(static step => step.RunId), Is.EqualTo((long[])[runs[0], runs[1], urgent.Id, runs[2]]));
    }

    [Test]
    public async Task A_worker_stops_although_its_dispatcher_is_deaf()
    {
        var asked = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));
        PipelineWorker worker = StartWorker(pipelines, new WaitingDispatcher((_, _) =>
        {
            asked.TrySetResult();
            return new ValueTask(never.Task);
        }));
        PipelineRun run = await StartAsync(pipelines);
        await asked.Task;

        await worker.StopAsync();

        StartWorker(pipelines);
        (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
    }

    [Test]
    public async Task An_old_message_begins_no_attempt_of_a_step_that_is_ready_again()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ReadyStep old = (await pipelines.Store.ListReadyAsync(10, default)).Single();
        ClaimedStep lost = (await pipelines.Store.ClaimAsync("w1", old, default))!;
        Assert.That(await pipelines.Store.ListReadyAsync(10, default), Is.Empty);
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);
        PipelineWorker worker = StartWorker(pipelines, new ChannelDispatcher(1) { Arrives = static _ => false });

        Assert.That(await worker.ExecuteAsync(old), Is.False);
        ReadyStep current = (await pipelines.Store.ListReadyAsync(10, default)).Single();
        Assert.That(current, Is.EqualTo(old with { FencingToken = lost.Epoch }));
        Assert.That(await worker.ExecuteAsync(current), Is.True);

        run = (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
        Assert.That(await run.GetResultAsync<int>("a"), Is.EqualTo(2));
    }

    [Test]
    public async Task Steps_of_an_executor_that_was_lost_are_sent_again_and_its_late_commit_is_turned_away()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ClaimedStep lost = (await pipelines.Store.ClaimAsync("nobody", (await pipelines.Store.ListReadyAsync(1, default)).Single(), default))!;

        var dispatcher = new ChannelDispatcher(1);
        dispatcher.Serve(StartWorker(pipelines, dispatcher));
        run = (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();

        Assert.That(await run.GetResultAsync<int>("a"), Is.EqualTo(2));
        Assert.That(dispatcher.Sent.Select(static step => step.FencingToken), Is.EqualTo((long[])[lost.Epoch]));
        Assert.That((await pipelines.Store.ReleaseAsync(lost, "late", default)).Status, Is.EqualTo(CommitStatus.Fenced));
    }

    [Test]
    public async Task Cancelling_the_run_ends_the_step_where_it_is_executed()
    {
        var cancelled = new TaskCompletionSource();
        var dispatcher = new ChannelDispatcher(1);
        Action<PipelineBuilder<int>> define = p => p.Step("a", async ctx =>
        {
            ctx.CancellationToken.Register(() => cancelled.TrySetResult());
            await Task.Delay(Timeout.Infinite, ctx.CancellationToken);
            return 1;
        });
        dispatcher.Serve(StartWorker(Know(define), dispatcher));
        Pipelines client = Know(define);
        PipelineRun run = await StartAsync(client);
        await SeeAsync<StepStarted>(client, run.Id);

        await client.CancelAsync(run.Id, "enough");

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That((await FinishAsync(client, run.Id)).State, Is.EqualTo(PipelineRunState.Cancelled));
    }

    [Test]
    public async Task Steps_of_paused_runs_and_full_pools_are_not_handed_over_nor_executed()
    {
        Pipelines pipelines = Know(static p =>
        {
            p.Step("a", static _ => Task.FromResult(1)).InPool("gpu");
            p.Step("b", static _ => Task.FromResult(1)).InPool("gpu");
        });
        await pipelines.SetPoolAsync("gpu", 1);
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ReadyStep a = (await pipelines.Store.ListReadyAsync(10, default)).Single();
        Assert.That(a, Is.EqualTo(new ReadyStep(run.Id, "test", "a", 0) { Pool = "gpu" }));

        await pipelines.PauseAsync(run.Id, "wait");
        Assert.That(await pipelines.Store.ListReadyAsync(10, default), Is.Empty);
        Assert.That(await pipelines.Store.ClaimAsync("w", a, default), Is.Null);
        await pipelines.ResumeAsync(run.Id);
        Assert.That(await pipelines.Store.ClaimAsync("w", a, default), Is.Not.Null);

        Assert.That(await pipelines.Store.ListReadyAsync(10, default), Is.Empty, "the pool is full");
        Assert.That(await pipelines.Store.ClaimAsync("w", a with { Step = "b" }, default), Is.Null);
    }

    [Test]
    public async Task A_worker_without_a_dispatcher_executes_for_nobody_and_one_that_has_not_started_neither()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        var step = new ReadyStep(1, "test", "a", 0);
        await using var idle = new PipelineWorker(pipelines, Quick(), dispatcher: new ChannelDispatcher(1));
        PipelineWorker stopped = StartWorker(pipelines, new ChannelDispatcher(1));
        await stopped.StopAsync();

        await Assert.ThatAsync(() => StartWorker(pipelines, dispatcher: null).ExecuteAsync(step), Throws.InvalidOperationException.With.Message.Contains("IStepDispatcher"));
        await Assert.ThatAsync(() => idle.ExecuteAsync(step), Throws.InvalidOperationException.With.Message.Contains("Start"));
        await Assert.ThatAsync(() => idle.ExecuteAsync(null!), Throws.ArgumentNullException);
        Assert.That(await stopped.ExecuteAsync(step), Is.False);
    }

    private static void Fan(PipelineBuilder<int> p, ConcurrentQueue<string> ran, string process)
    {
        Steps<int> items = p.ForEach(
            "item",
            p.Step("count", static ctx => Task.FromResult(ctx.Parameters)),
            static parameters => Enumerable.Range(0, parameters),
            static x => $"{x}",
            (x, _) =>
            {
                ran.Enqueue(process);
                return Task.FromResult(x);
            });
        p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
    }
}
