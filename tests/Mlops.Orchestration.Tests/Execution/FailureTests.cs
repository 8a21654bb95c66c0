using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

public abstract class FailureTests : StoreTests
{
    [Test]
    public async Task A_step_that_throws_is_tried_again_up_to_its_limit()
    {
        var attempts = new ConcurrentQueue<int>();
        Pipelines pipelines = Work(p => p.Step<int>("a", ctx =>
        {
            attempts.Enqueue(ctx.Attempt);
            throw new InvalidOperationException($"attempt {ctx.Attempt}");
        }).WithRetry(RetryPolicy.Fixed(3, TimeSpan.FromMilliseconds(5))));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(attempts, Is.EqualTo((int[])[1, 2, 3]));
        Assert.That(run.State, Is.EqualTo(PipelineRunState.Failed));
        Assert.That(run.FailureKind, Is.EqualTo(RunFailureKind.StepFailed));
        Assert.That(run.FailedStep, Is.EqualTo("a"));
        Assert.That(run.Error, Is.EqualTo("System.InvalidOperationException: attempt 3"));
        Assert.That(run.EnsureSucceeded, Throws.TypeOf<PipelineRunFailedException>().With.Message.Contains("attempt 3"));
    }

    [Test]
    public async Task A_step_that_succeeds_on_a_later_attempt_goes_on()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> a = p.Step("a", static ctx => ctx.Attempt < 3 ? throw new TimeoutException("busy") : Task.FromResult(ctx.Attempt))
                .WithRetry(RetryPolicy.Fixed(3, TimeSpan.FromMilliseconds(1)));
            p.Step("b", a, static (x, _) => Task.FromResult(x * 10));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("b"), Is.EqualTo(30));
        StepStatus step = (await run.GetStepsAsync())[0];
        Assert.That((step.Attempts, step.Failures, step.LostAttempts), Is.EqualTo((3, 2, 0)));
    }

    [Test]
    public async Task The_count_of_failures_and_the_due_time_outlive_the_worker()
    {
        Action<PipelineBuilder<int>> define = static p => p.Step<int>("a", static ctx => throw new TimeoutException($"attempt {ctx.Attempt}"))
            .WithRetry(RetryPolicy.Fixed(2, TimeSpan.FromMilliseconds(400)));
        Pipelines pipelines = Know(define);
        PipelineRun run = await StartAsync(pipelines);

        PipelineWorker first = StartWorker(pipelines);
        StepRetryScheduled scheduled = await SeeAsync<StepRetryScheduled>(pipelines, run.Id);
        await first.StopAsync();
        StartWorker(new Pipelines(Database, [new TestPipeline(define)]));
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Failed));
        Assert.That(run.Error, Does.EndWith("attempt 2"));
        StepStarted second = (await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepStarted>().Last();
        Assert.That(second.At, Is.GreaterThanOrEqualTo(scheduled.NotBefore));
    }

    [Test]
    public async Task A_permanent_error_is_not_tried_again()
    {
        int attempts = 0;
        Pipelines pipelines = Work(p => p.Step<int>("a", _ =>
        {
            attempts++;
            throw new PermanentStepException("the file is empty");
        }).WithRetry(RetryPolicy.Fixed(5, TimeSpan.Zero)));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(attempts, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("the file is empty"));
    }

    [Test]
    public async Task Of_two_steps_that_fail_the_first_stands_in_the_run()
    {
        Pipelines pipelines = Work(
            static p =>
            {
                p.Step<int>("z", static _ => throw new InvalidOperationException("first"));
                p.Step<int>("a", static _ => throw new InvalidOperationException("second"));
            },
            Quick(slots: 1));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That((run.FailedStep, run.Error), Is.EqualTo(("z", "System.InvalidOperationException: first")));
        Assert.That((await StatesAsync(run)).Values, Is.All.EqualTo(StepState.Failed));
    }

    [Test]
    public async Task A_retry_that_is_due_at_once_is_taken_on_in_the_transaction_that_scheduled_it()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static ctx => ctx.Attempt == 1 ? throw new TimeoutException("busy") : Task.FromResult(1))
            .WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero)));

        PipelineRun run = await RunAsync(pipelines);

        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, run.EnsureSucceeded().Id);
        Assert.That(log.OfType<StepStarted>().Count(), Is.EqualTo(2));
        if (IsDispatched)
        {
            // Where the next attempt runs is the dispatcher's to say.
            return;
        }

        Assert.That(log.OfType<StepStarted>().Last().At, Is.EqualTo(log.OfType<StepRetryScheduled>().Single().At));
    }

    [Test]
    public async Task Steps_are_taken_by_how_long_they_wait_and_then_as_they_were_defined()
    {
        var order = new ConcurrentQueue<string>();
        Pipelines pipelines = Work(
            p =>
            {
                foreach (string key in (string[])["z", "a", "m"])
                {
                    p.Step(key, ctx =>
                    {
                        order.Enqueue($"{key}{ctx.Attempt}");
                        return key == "z" && ctx.Attempt == 1 ? throw new TimeoutException("busy") : Task.FromResult(1);
                    }).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
                }
            },
            Quick(slots: 1));

        await RunAsync(pipelines);

        Assert.That(order, Is.EqualTo((string[])["z1", "a1", "m1", "z2"]));
    }

    [Test]
    public async Task Steps_that_need_a_failed_step_are_blocked_and_all_others_run()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> bad = p.Step<int>("bad", static _ => throw new InvalidOperationException("no"));
            Step<int> good = p.Step("good", static _ => Task.FromResult(1));
            Step<int> both = p.Step("both", bad, good, static (x, y, _) => Task.FromResult(x + y));
            Step<int> after = p.Step("after", both, static (x, _) => Task.FromResult(x));
            p.When(after, static x => x > 0).Then(static b => b.Step("branch", static _ => Task.FromResult(1)));
            p.Step("fine", good, static async (x, _) =>
            {
                await Task.Delay(20);
                return x + 1;
            });
        });

        PipelineRun run = await RunAsync(pipelines);

        Dictionary<string, StepState> states = await StatesAsync(run);
        Assert.That(run.State, Is.EqualTo(PipelineRunState.Failed));
        Assert.That(states["bad"], Is.EqualTo(StepState.Failed));
        Assert.That(states.Where(static s => s.Value == StepState.Blocked).Select(static s => s.Key), Is.EquivalentTo((string[])["both", "after", "after?", "branch"]));
        Assert.That(await run.GetResultAsync<int>("fine"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_failed_item_blocks_the_join_while_its_siblings_finish()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> n = p.Step("n", static _ => Task.FromResult(8));
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) =>
                i == 0 ? throw new InvalidOperationException("zero") : Task.FromResult(i));
            p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
        });

        PipelineRun run = await RunAsync(pipelines);

        Dictionary<string, StepState> states = await StatesAsync(run);
        Assert.That(run.FailedStep, Is.EqualTo("item[0]"));
        Assert.That(states["sum"], Is.EqualTo(StepState.Blocked));
        Assert.That(states.Count(static s => s.Key.StartsWith("item[", StringComparison.Ordinal) && s.Value == StepState.Succeeded), Is.EqualTo(7));
        Assert.That(() => run.GetResultAsync<int>("sum"), Throws.TypeOf<StepResultException>().With.Message.Contains("Blocked"));
    }

    [TestCase("a", "a", "two items with the key 'a'")]
    [TestCase("a", "b/c", "the key 'b/c'")]
    [TestCase("a", "", "the key ''")]
    [TestCase("a", "b\t", "a key has 1 to 200 characters")]
    public async Task A_fan_out_with_unusable_keys_fails_for_good(string first, string second, string expected)
    {
        Pipelines pipelines = Work(p =>
        {
            Step<string[]> keys = p.Step("keys", _ => Task.FromResult((string[])["x", "y"]));
            p.ForEach("item", keys, static k => k, k => k == "x" ? first : second, static (k, _) => Task.FromResult(k))
                .WithRetry(RetryPolicy.Fixed(3, TimeSpan.Zero));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(run.FailedStep, Is.EqualTo("item"));
        Assert.That(run.Error, Does.Contain(expected));
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

    [Test]
    public async Task Stored_errors_are_cut_and_hold_no_stack_and_nothing_the_database_refuses()
    {
        Pipelines pipelines = Work(static p => p.Step<int>("a", static _ => throw new InvalidOperationException("x\0y\ud800z" + new string('!', 5_000))));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(run.Error, Does.StartWith("System.InvalidOperationException: x\ufffdy\ufffdz!!!"));
        Assert.That(run.Error, Has.Length.EqualTo(2_000));
    }

    [Test]
    public async Task A_result_that_cannot_be_serialised_fails_for_good_and_names_its_type()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static _ => Task.FromResult(new Report("r", new Poisoned())))
            .WithRetry(RetryPolicy.Fixed(3, TimeSpan.Zero)));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(run.Error, Does.Contain("'a'").And.Contain(typeof(Report).ToString()));
        Assert.That((await run.GetStepsAsync())[0].Attempts, Is.EqualTo(1));
    }

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
        PipelineWorker worker = StartWorker(pipelines);
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;

        await worker.StopAsync();

        run = await FinishAsync(pipelines, run.Id);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("a"), Has.Length.EqualTo(200_000));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_result_that_the_database_refuses_fails_the_step_and_waits_where_it_refuses_everything(bool everything)
    {
        int offers = 0;
        Pipelines pipelines = Know(static p => p.Step("bad", static _ => Task.FromResult(1)));
        await pipelines.RegisterAsync();
        await Database.WriteAsync(everything, static (session, everything) =>
        {
            session.Execute($"CREATE UNIQUE INDEX refuse ON orchestration_event (step_key) WHERE kind IN ({(everything ? "3, 5" : "3")})");
            return session.Execute("INSERT INTO orchestration_event (run_id, seq, at, kind, step_key) VALUES (0, 1, 0, 3, 'bad')");
        });
        pipelines.Reached = point =>
        {
            // Before the result is offered again, and so never between it and the failure in its place.
            if (everything && point == ExecutionPoint.BeforeCommit && ++offers == 12)
            {
                Database.WriteAsync(0, static (session, _) => session.Execute("DROP INDEX refuse")).GetAwaiter().GetResult();
            }
        };
        PipelineWorkerOptions options = Quick();
        options.LongestCommitPause = TimeSpan.FromMilliseconds(20);
        StartWorker(pipelines, options);
        PipelineRun run = await StartAsync(pipelines);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That((await run.GetStepsAsync()).Single().Attempts, Is.EqualTo(1));
        Assert.That(run.State, Is.EqualTo(everything ? PipelineRunState.Succeeded : PipelineRunState.Failed));
        Assert.That(run.Error, everything ? Is.Null : Does.Contain(nameof(StorageException)));
    }

    [Test]
    public async Task An_attempt_that_breaks_off_before_anything_is_stored_is_counted_as_lost()
    {
        int broken = 0;
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeCommit && Interlocked.Increment(ref broken) == 1)
            {
                throw new InvalidOperationException("not the step's fault");
            }
        };
        StartWorker(pipelines);

        PipelineRun run = await RunAsync(pipelines);

        StepStatus step = (await run.EnsureSucceeded().GetStepsAsync()).Single();
        Assert.That((step.Attempts, step.Failures, step.LostAttempts), Is.EqualTo((2, 0, 1)));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepReleased>().Single().Reason, Does.Contain(nameof(InvalidOperationException)));
    }

    [Test]
    public async Task The_end_of_a_step_frees_its_slot_at_once()
    {
        PipelineWorkerOptions options = Quick(slots: 1);
        options.PollInterval = TimeSpan.FromMinutes(1);
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        List<PipelineRun> runs = [];
        for (int i = 0; i < 200; i++)
        {
            runs.Add(await StartAsync(pipelines));
        }

        // Each is found when the one before wakes the worker, and not by looking: that would take hours.
        StartWorker(pipelines, options);
        foreach (PipelineRun run in runs)
        {
            (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
        }
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

    private sealed class Poisoned : IReadOnlyList<int>
    {
        public int Count => 1;

        public int this[int index] => throw new NotSupportedException("poisoned");

        public IEnumerator<int> GetEnumerator() => throw new NotSupportedException("poisoned");

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
