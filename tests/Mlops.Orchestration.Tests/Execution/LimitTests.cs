using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Orchestration.Tests;

/// <summary>Steps that overrun their limit, and steps from which something was taken away.</summary>
public abstract class LimitTests : StoreTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_step_that_is_deaf_to_its_limit_is_recorded_as_failed_and_keeps_its_slot(bool blocksItsThread)
    {
        using var release = new ManualResetEventSlim();
        var started = new ConcurrentQueue<string>();
        PipelineWorkerOptions options = Quick(slots: 1);
        options.AbortPeriod = TimeSpan.FromMilliseconds(50);
        Pipelines pipelines = Work(
            p => p.Step("deaf", async ctx =>
            {
                started.Enqueue($"{ctx.RunId}/{ctx.Attempt}");
                if (ctx.Parameters == 1 && ctx.Attempt == 1)
                {
                    if (blocksItsThread)
                    {
                        release.Wait(CancellationToken.None);
                    }
                    else
                    {
                        await Task.Run(() => release.Wait(CancellationToken.None), CancellationToken.None);
                    }
                }

                return ctx.Attempt;
            }).WithTimeout(TimeSpan.FromMilliseconds(50)).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero)),
            options);
        PipelineRun run = await StartAsync(pipelines, 1);

        StepRetryScheduled failed = await SeeAsync<StepRetryScheduled>(pipelines, run.Id);
        PipelineRun other = await StartAsync(pipelines);
        await Task.Delay(200);
        Assert.That(failed.Error, Does.Contain("longer than"));
        Assert.That(started, Is.EqualTo((string[])[$"{run.Id}/1"]), "the only slot is still taken");

        // Another worker need not wait for it.
        StartWorker(new Pipelines(Database, [new TestPipeline(static p => p.Step("deaf", static ctx => Task.FromResult(ctx.Attempt)).WithTimeout(TimeSpan.FromMinutes(1)))]));
        run = await FinishAsync(pipelines, run.Id);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("deaf"), Is.EqualTo(2));
        release.Set();
        (await FinishAsync(pipelines, other.Id)).EnsureSucceeded();
    }

    [Test]
    public async Task A_slot_whose_step_was_deaf_works_again_once_the_step_has_ended()
    {
        using var release = new ManualResetEventSlim();
        PipelineWorkerOptions options = Quick(slots: 1);
        options.AbortPeriod = TimeSpan.Zero;
        Pipelines pipelines = Work(
            p => p.Step("deaf", async ctx =>
            {
                if (ctx.Attempt == 1)
                {
                    await Task.Run(() => release.Wait(CancellationToken.None), CancellationToken.None);
                }

                return ctx.Attempt;
            }).WithTimeout(TimeSpan.FromMilliseconds(30)).WithRetry(RetryPolicy.Fixed(100, TimeSpan.Zero)),
            options);
        PipelineRun run = await StartAsync(pipelines);

        await SeeAsync<StepRetryScheduled>(pipelines, run.Id);
        release.Set();
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("deaf"), Is.GreaterThan(1));
    }

    [Test]
    public async Task A_step_that_is_deaf_to_the_cancellation_of_its_run_is_said_once()
    {
        var entered = new TaskCompletionSource();
        var end = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var logger = new FakeLogger<PipelineWorker>();
        PipelineWorkerOptions options = Quick(slots: 1);
        options.AbortPeriod = TimeSpan.Zero;
        Pipelines pipelines = Know(p => p.Step("deaf", _ =>
        {
            entered.SetResult();
            return end.Task;
        }));
        await using var worker = new PipelineWorker(pipelines, options, logger: logger);
        worker.Start();
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;
        await pipelines.CancelAsync(run.Id, "not wanted");

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!Said().Any())
        {
            await Task.Delay(10, limit.Token);
        }

        await Task.Delay(1_000);
        Assert.That(Said().Single().Message, Does.Contain("step deaf").And.Contain("RunCancelled"));
        end.SetResult(1);

        IEnumerable<FakeLogRecord> Said() => logger.Collector.GetSnapshot().Where(static log => log.Id.Id == 6014);
    }

    [Test]
    public async Task A_step_says_how_far_it_is_and_the_next_attempt_begins_anew()
    {
        var gates = new TaskCompletionSource[] { new(), new() };
        Pipelines pipelines = Work(
            p => p.Step("a", async ctx =>
            {
                if (ctx.Attempt == 1)
                {
                    await Assert.ThatAsync(() => Task.Run(() => ctx.Report(double.NaN)), Throws.TypeOf<ArgumentOutOfRangeException>());
                    ctx.Report(0.25, "reading");
                    ctx.Report(0.5, "training");
                }

                await gates[ctx.Attempt - 1].Task;
                return ctx.Attempt == 1 ? throw new TimeoutException() : 1;
            }).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero)));
        PipelineRun run = await StartAsync(pipelines);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        StepStatus step;
        while ((step = (await run.GetStepsAsync()).Single()).Progress is not 0.5)
        {
            await Task.Delay(20, limit.Token);
        }

        Assert.That((step.Progress, step.Message), Is.EqualTo((0.5, "training")));
        gates[0].SetResult();
        while ((step = (await run.GetStepsAsync()).Single()).Attempts < 2)
        {
            await Task.Delay(20, limit.Token);
        }

        Assert.That((step.Progress, step.Message), Is.EqualTo(((double?)null, (string?)null)));
        gates[1].SetResult();
        (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
    }

    [Test]
    public async Task A_preempted_step_starts_again_and_does_not_count_as_failed()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static ctx =>
            ctx.Attempt < 4 ? throw new PreemptedStepException("the machine is called back") : Task.FromResult(ctx.Attempt)));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(4));
        StepStatus step = (await run.GetStepsAsync()).Single();
        Assert.That((step.Attempts, step.Failures, step.LostAttempts), Is.EqualTo((4, 0, 3)));
        Assert.That(
            (await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepReleased>().Select(static e => e.Reason),
            Is.EqualTo(Enumerable.Repeat("the machine is called back", 3)));
    }

    [Test]
    public async Task A_step_that_is_preempted_too_often_fails_as_lost()
    {
        PipelineWorkerOptions options = Quick();
        options.MaximumLostAttempts = 2;
        Pipelines pipelines = Work(static p => p.Step<int>("a", static _ => throw new PreemptedStepException("gone")), options);

        PipelineRun run = await RunAsync(pipelines);

        Assert.That((await run.GetStepsAsync()).Single().LostAttempts, Is.EqualTo(2));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepFailed>().Single().Kind, Is.EqualTo(StepFailureKind.Lost));
    }

    [Test]
    public async Task A_failure_says_what_kind_it_was()
    {
        Pipelines pipelines = Work(static p =>
        {
            p.Step<int>("error", static _ => throw new InvalidOperationException());
            p.Step<int>("permanent", static _ => throw new PermanentStepException("no"));
            p.Step("slow", static async ctx =>
            {
                await Task.Delay(Timeout.Infinite, ctx.CancellationToken);
                return 1;
            }).WithTimeout(TimeSpan.FromMilliseconds(20));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(
            (await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepFailed>().ToDictionary(static e => e.Step, static e => e.Kind),
            Is.EquivalentTo(new Dictionary<string, StepFailureKind>
            {
                ["error"] = StepFailureKind.Error,
                ["permanent"] = StepFailureKind.Permanent,
                ["slow"] = StepFailureKind.TimedOut,
            }));
    }

    [Test]
    public async Task An_attempt_that_takes_too_long_counts_as_failed()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static async ctx =>
        {
            if (ctx.Attempt == 1)
            {
                await Task.Delay(Timeout.Infinite, ctx.CancellationToken);
            }

            return ctx.Attempt;
        }).WithTimeout(TimeSpan.FromSeconds(1)).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero)));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2));
        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, run.Id);
        Assert.That(log.OfType<StepRetryScheduled>().Single().Error, Does.Contain("longer than 00:00:01"));
    }

    [Test]
    public async Task A_late_result_of_a_timed_out_attempt_is_not_taken()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static async ctx =>
        {
            var fired = new TaskCompletionSource();
            await using CancellationTokenRegistration registration = ctx.CancellationToken.Register(fired.SetResult);
            await fired.Task;
            return (int)ctx.AbortReason;
        }).WithTimeout(TimeSpan.FromMilliseconds(20)));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Failed));
    }
}
