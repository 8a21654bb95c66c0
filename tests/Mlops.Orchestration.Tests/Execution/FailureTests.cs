using System.Collections.Concurrent;

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

    private sealed class Poisoned : IReadOnlyList<int>
    {
        public int Count => 1;

        public int this[int index] => throw new NotSupportedException("poisoned");

        public IEnumerator<int> GetEnumerator() => throw new NotSupportedException("poisoned");

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
