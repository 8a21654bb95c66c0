using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Orchestration.Tests;

/// <summary>Runs that are cancelled, and workers that stop while their steps run.</summary>
public abstract class CancellationTests : StoreTests
{
    [Test]
    public async Task Cancelling_ends_the_run_and_tells_its_steps_why()
    {
        var entered = new TaskCompletionSource();
        var reason = new TaskCompletionSource<AbortReason>();
        Pipelines pipelines = Work(p =>
        {
            Step<int> a = p.Step("a", async ctx =>
            {
                entered.SetResult();
                try
                {
                    await Task.Delay(Timeout.Infinite, ctx.CancellationToken);
                }
                finally
                {
                    reason.SetResult(ctx.AbortReason);
                }

                return 1;
            });
            p.Step("b", a, static (x, _) => Task.FromResult(x));
        });
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;

        bool cancelled = await pipelines.CancelAsync(run.Id, "wrong data");

        run = await FinishAsync(pipelines, run.Id);
        Assert.That(cancelled, Is.True);
        Assert.That(run.State, Is.EqualTo(PipelineRunState.Cancelled));
        Assert.That(run.Error, Is.EqualTo("wrong data"));
        Assert.That(await reason.Task, Is.EqualTo(AbortReason.RunCancelled));
        Assert.That((await StatesAsync(run)).Values, Is.All.EqualTo(StepState.Cancelled));
        Assert.That(await pipelines.CancelAsync(run.Id, "again"), Is.False);
    }

    [Test]
    public async Task A_callback_on_the_cancellation_that_throws_is_logged_and_the_step_is_cancelled_all_the_same()
    {
        var entered = new TaskCompletionSource();
        Pipelines pipelines = Know(p => p.Step("a", async ctx =>
        {
            // What was registered last is called first, while the step still waits.
            var wait = Task.Delay(Timeout.Infinite, ctx.CancellationToken);
            ctx.CancellationToken.Register(static () => throw new InvalidOperationException("mine"));
            entered.SetResult();
            await wait;
            return 1;
        }));
        var logger = new FakeLogger<PipelineWorker>();
        await using var worker = new PipelineWorker(pipelines, Quick(), logger: logger);
        worker.Start();
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;

        await pipelines.CancelAsync(run.Id, "wrong data");

        Assert.That((await FinishAsync(pipelines, run.Id)).State, Is.EqualTo(PipelineRunState.Cancelled));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        FakeLogRecord? logged;
        while ((logged = logger.Collector.GetSnapshot().SingleOrDefault(static log => log.Id.Id == 6013)) is null)
        {
            await Task.Delay(5, limit.Token);
        }

        Assert.That((logged.Level, logged.Exception?.InnerException?.Message), Is.EqualTo((LogLevel.Warning, "mine")));
        Assert.That(logged.Message, Does.Contain("step a of run"));
    }

    [Test]
    public async Task A_cancellation_from_another_process_reaches_the_step()
    {
        var entered = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        Action<PipelineBuilder<int>> define = p => p.Step("a", async ctx =>
        {
            entered.SetResult();
            await using CancellationTokenRegistration registration = ctx.CancellationToken.Register(ended.SetResult);
            await ended.Task;
            return 1;
        });
        Pipelines pipelines = Work(define);
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;

        await Know(define).CancelAsync(run.Id, "from elsewhere");

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        run = await FinishAsync(pipelines, run.Id);
        Assert.That(run.State, Is.EqualTo(PipelineRunState.Cancelled));
    }

    [Test]
    public async Task A_stopping_worker_gives_its_step_back_uncounted()
    {
        var entered = new TaskCompletionSource();
        Action<PipelineBuilder<int>> define = p => p.Step("a", async ctx =>
        {
            if (ctx.Attempt == 1)
            {
                entered.SetResult();
                await Task.Delay(Timeout.Infinite, ctx.CancellationToken);
            }

            return ctx.Attempt;
        });
        Pipelines pipelines = Know(define);
        PipelineWorker first = StartWorker(pipelines);
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;

        await first.StopAsync();
        Assert.That((await StatesAsync(run))["a"], Is.EqualTo(StepState.Ready), "given back before the worker is gone");

        StartWorker(pipelines);
        run = await FinishAsync(pipelines, run.Id);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2));
        Assert.That((await run.GetStepsAsync())[0].Failures, Is.Zero);
    }

    [Test]
    public async Task A_large_result_that_comes_while_the_worker_stops_is_kept()
    {
        var entered = new TaskCompletionSource();
        Pipelines pipelines = Know(p => p.Step("a", async ctx =>
        {
            var fired = new TaskCompletionSource();
            await using CancellationTokenRegistration registration = ctx.CancellationToken.Register(fired.SetResult);
            entered.SetResult();
            await fired.Task;
            return new string('x', 200_000);
        }));
        PipelineWorkerOptions options = Quick();
        options.AbortPeriod = TimeSpan.FromMinutes(1);
        PipelineWorker worker = StartWorker(pipelines, options);
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;

        await worker.StopAsync();

        run = await FinishAsync(pipelines, run.Id);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("a"), Has.Length.EqualTo(200_000));
    }

    [Test]
    public async Task A_step_that_ignores_its_cancellation_is_fenced_after_the_worker_stopped()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var open = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Action<PipelineBuilder<int>> define = p =>
        {
            Step<int> a = p.Step("a", ctx =>
            {
                if (ctx.Attempt > 1)
                {
                    return Task.FromResult(2);
                }

                entered.SetResult();
                return release.Task;
            });

            // The run must still be open when the late commit comes.
            p.Step("rest", a, (_, _) => open.Task);
        };
        Pipelines pipelines = Know(define);
        PipelineWorkerOptions impatient = Quick();
        impatient.AbortPeriod = TimeSpan.FromMilliseconds(20);
        PipelineWorker first = StartWorker(pipelines, impatient);
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;

        await first.StopAsync();
        StartWorker(pipelines);
        await SeeAsync<StepSucceeded>(pipelines, run.Id);
        release.SetResult(1);
        StepFenced fenced = await SeeAsync<StepFenced>(pipelines, run.Id);
        open.SetResult(0);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(fenced.Attempt, Is.EqualTo(1));
        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2));
    }
}
