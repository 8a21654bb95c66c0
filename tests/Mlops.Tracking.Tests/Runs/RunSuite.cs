using Microsoft.Extensions.Logging.Testing;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

public abstract class RunSuite : TrackingSuite
{
    [Test]
    public async Task A_tracked_body_that_returns_leaves_a_finished_run_with_what_it_logged()
    {
        string id = await Tracker.TrackAsync("ridership", async (run, token) =>
        {
            run.LogParameter("lambda", 0.1);
            run.LogParameter("kind", "ridge");
            run.LogParameter("holidays", true);
            run.SetTag("stage", "trial");
            run.SetTag("stage", "final");
            Time.Advance(TimeSpan.FromMinutes(3));
            await Task.Yield();
            return run.Id;
        });

        RunRecord record = await Tracker.GetRunAsync(id);
        Assert.Multiple(() =>
        {
            Assert.That(record.Id, Does.Match("^[0-9a-f]{32}$"));
            Assert.That(record.Experiment, Is.EqualTo("ridership"));
            Assert.That(record.Status, Is.EqualTo(RunStatus.Finished));
            Assert.That(record.StartTime, Is.EqualTo(Start));
            Assert.That(record.EndTime, Is.EqualTo(Start + TimeSpan.FromMinutes(3)));
            Assert.That(record.IsComplete, Is.True);
            Assert.That(record.Parameters, Is.EquivalentTo(new Dictionary<string, string> { ["lambda"] = "0.1", ["kind"] = "ridge", ["holidays"] = "true" }));
            Assert.That(record.Tags, Is.EquivalentTo(new Dictionary<string, string> { ["stage"] = "final" }));
        });
    }

    [Test]
    public async Task A_body_that_throws_leaves_a_failed_run_and_its_own_exception()
    {
        var thrown = new InvalidOperationException("mine");
        string id = "";

        Assert.That(
            async () => await Tracker.TrackAsync("e", async (run, token) =>
            {
                id = run.Id;
                run.LogMetric("mae", 1);
                await Task.Yield();
                throw thrown;
            }),
            Throws.Exception.SameAs(thrown));

        RunRecord record = await Tracker.GetRunAsync(id);
        Assert.That((record.Status, record.Tags["error.type"], record.Metrics["mae"].Value), Is.EqualTo((RunStatus.Failed, "System.InvalidOperationException", 1.0)));
    }

    [Test]
    public async Task A_body_that_fails_after_completing_its_run_has_failed()
    {
        string id = "";
        Assert.That(
            async () => await Tracker.TrackAsync("e", (run, token) =>
            {
                id = run.Id;
                run.Complete();
                return Task.FromException(new InvalidOperationException());
            }),
            Throws.InvalidOperationException);

        Assert.That((await Tracker.GetRunAsync(id)).Status, Is.EqualTo(RunStatus.Failed));
    }

    [Test]
    public async Task A_cancelled_body_leaves_a_killed_run()
    {
        using var cancellation = new CancellationTokenSource();
        string id = "";
        Task tracked = Tracker.TrackAsync(
            "e",
            async (run, token) =>
            {
                id = run.Id;
                await cancellation.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
            cancellation.Token);

        Assert.That(async () => await tracked, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await Tracker.GetRunAsync(id)).Status, Is.EqualTo(RunStatus.Killed));
    }

    [Test]
    public async Task A_body_cancelled_by_something_else_has_failed()
    {
        string id = "";
        Assert.That(
            async () => await Tracker.TrackAsync("e", (run, token) =>
            {
                id = run.Id;
                return Task.FromCanceled(new CancellationToken(canceled: true));
            }),
            Throws.InstanceOf<OperationCanceledException>());

        Assert.That((await Tracker.GetRunAsync(id)).Status, Is.EqualTo(RunStatus.Failed));
    }

    [Test]
    public async Task The_exception_of_the_body_is_not_hidden_by_a_database_that_went_away()
    {
        Assert.That(
            async () => await Tracker.TrackAsync("e", async (run, token) =>
            {
                run.LogMetric("m", 1);
                await Database.DisposeAsync();
                throw new InvalidOperationException("mine");
            }),
            Throws.InvalidOperationException.With.Message.EqualTo("mine"));
        await Task.CompletedTask;
    }

    [Test]
    public async Task A_lost_end_reaches_the_caller_when_nothing_else_went_wrong()
    {
        Assert.That(
            async () => await Tracker.TrackAsync("e", async (run, token) =>
            {
                run.LogMetric("m", 1);
                await Database.DisposeAsync();
            }),
            Throws.InstanceOf<ObjectDisposedException>());
        await Task.CompletedTask;
    }

    [Test]
    public async Task An_open_run_that_is_disposed_without_being_completed_has_failed()
    {
        Run run = await Tracker.StartRunAsync("e");
        await run.DisposeAsync();
        Run completed = await Tracker.StartRunAsync("e");
        completed.Complete();
        await completed.DisposeAsync();

        Assert.That((await Tracker.GetRunAsync(run.Id)).Status, Is.EqualTo(RunStatus.Failed));
        Assert.That((await Tracker.GetRunAsync(completed.Id)).Status, Is.EqualTo(RunStatus.Finished));
    }

    [TestCase(RunStatus.Finished)]
    [TestCase(RunStatus.Failed)]
    public async Task What_is_recorded_afterwards_keeps_its_own_times(RunStatus status)
    {
        DateTimeOffset began = Start - TimeSpan.FromDays(2), ended = Start - TimeSpan.FromDays(1);
        await using Run run = await Tracker.StartRunAsync("e", new() { StartTime = began });
        if (status == RunStatus.Finished)
        {
            run.Complete(ended);
        }
        else
        {
            run.Fail(ended);
        }

        await run.DisposeAsync();
        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That((record.Status, record.StartTime, record.EndTime), Is.EqualTo((status, began, (DateTimeOffset?)ended)));
    }

    [Test]
    public async Task A_failed_run_whose_end_is_lost_says_so()
    {
        Run run = await Tracker.StartRunAsync("e");
        run.Fail();
        await Database.DisposeAsync();

        Assert.That(async () => await run.DisposeAsync(), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Of_two_handles_the_first_to_end_the_run_decides_how_and_when_it_ended()
    {
        Run first = await Tracker.StartRunAsync("e", new() { IdempotencyKey = "k" });
        Run second = await Tracker.StartRunAsync("e", new() { IdempotencyKey = "k" });
        first.Fail();
        await first.DisposeAsync();
        Time.Advance(TimeSpan.FromHours(1));
        second.LogMetric("late", 1);
        second.Complete();
        await second.DisposeAsync();

        RunRecord record = await Tracker.GetRunAsync(first.Id);
        Assert.That((record.Status, record.EndTime), Is.EqualTo((RunStatus.Failed, (DateTimeOffset?)Start)));
        Assert.That(record.Metrics["late"].Value, Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_can_be_logged_to_a_run_that_has_ended()
    {
        Run run = await Tracker.StartRunAsync("e");
        run.Complete();

        Assert.Multiple(() =>
        {
            Assert.That(() => run.LogMetric("m", 1), Throws.TypeOf<RunEndedException>().With.Property("Status").EqualTo(RunStatus.Finished));
            Assert.That(() => run.LogParameter("p", 1), Throws.TypeOf<RunEndedException>());
            Assert.That(() => run.SetTag("t", "1"), Throws.TypeOf<RunEndedException>());
            Assert.That(() => run.LogMetricsAsync([new Metric("m", 1)]), Throws.TypeOf<RunEndedException>());
            Assert.That(() => run.LogArtifactAsync("a", Stream.Null), Throws.TypeOf<RunEndedException>());
            Assert.That(() => run.Complete(), Throws.TypeOf<RunEndedException>());
        });

        await run.DisposeAsync();
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics, Is.Empty);
    }

    [Test]
    public async Task A_run_is_visible_while_it_runs()
    {
        await using Run run = await Tracker.StartRunAsync("e", new() { Name = "first", Tags = new Dictionary<string, string> { ["a"] = "b" } });

        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That((record.Name, record.Status, record.EndTime, record.Tags["a"]), Is.EqualTo(("first", RunStatus.Running, (DateTimeOffset?)null, "b")));
    }

    [Test]
    public async Task A_nested_run_names_its_parent_and_needs_one_that_exists()
    {
        await using Run parent = await Tracker.StartRunAsync("e");
        await using Run child = await Tracker.StartRunAsync("e", new() { ParentId = parent.Id });

        Assert.That((await Tracker.GetRunAsync(child.Id)).ParentId, Is.EqualTo(parent.Id));
        Assert.That(
            async () => await Tracker.StartRunAsync("e", new() { ParentId = "absent" }),
            Throws.TypeOf<RunNotFoundException>().With.Property("RunId").EqualTo("absent"));
    }

    [Test]
    public async Task A_start_with_a_known_idempotency_key_goes_on_with_the_first_run()
    {
        await using Run first = await Tracker.StartRunAsync("e", new() { IdempotencyKey = "trial/7", Name = "first" });
        first.LogMetric("m", 1, step: 1);
        await first.FlushAsync();
        await using Run again = await Tracker.StartRunAsync("e", new() { IdempotencyKey = "trial/7", Name = "second" });
        again.LogMetric("m", 2, step: 2);
        again.Complete();
        await again.DisposeAsync();

        Assert.That((again.Id, again.Experiment, again.Name), Is.EqualTo((first.Id, "e", "first")));
        Assert.That((await Tracker.GetMetricHistoryAsync(first.Id, "m")).Select(point => point.Value), Is.EqualTo(new[] { 1.0, 2.0 }));
        Assert.That(
            async () => await Tracker.StartRunAsync("other", new() { IdempotencyKey = "trial/7" }),
            Throws.TypeOf<IdempotencyConflictException>().With.Message.Contains("experiment 'e'"));
        Assert.That((await Tracker.ListRunsAsync("other")).Runs, Is.Empty);
    }

    [Test]
    public async Task A_repeated_body_whose_run_has_finished_is_not_called_again()
    {
        int calls = 0;
        for (int i = 0; i < 2; i++)
        {
            await Tracker.TrackAsync("e", new StartRunOptions { IdempotencyKey = "step" }, (run, token) =>
            {
                calls++;
                return Task.CompletedTask;
            });
        }

        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public async Task A_repeated_body_whose_result_is_gone_or_whose_run_has_failed_is_told_so()
    {
        await Tracker.TrackAsync("e", new StartRunOptions { IdempotencyKey = "value" }, (run, token) => Task.FromResult(5));
        await (await Tracker.StartRunAsync("e", new() { IdempotencyKey = "failed" })).DisposeAsync();

        Assert.That(
            async () => await Tracker.TrackAsync("e", new StartRunOptions { IdempotencyKey = "value" }, (run, token) => Task.FromResult(5)),
            Throws.TypeOf<RunEndedException>());
        Assert.That(
            async () => await Tracker.TrackAsync("e", new StartRunOptions { IdempotencyKey = "failed" }, (run, token) => Task.CompletedTask),
            Throws.TypeOf<RunEndedException>().With.Property("Status").EqualTo(RunStatus.Failed));
    }

    [Test]
    public async Task Eight_starts_at_once_with_one_key_make_one_run()
    {
        Run[] runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Tracker.StartRunAsync("e", new() { IdempotencyKey = "k" }))));

        Assert.That(runs.Select(run => run.Id).Distinct().Count(), Is.EqualTo(1));
        Assert.That((await Tracker.ListRunsAsync("e")).Runs, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_parameter_keeps_its_first_value()
    {
        await using Run run = await Tracker.StartRunAsync("e", new() { IdempotencyKey = "k" });
        run.LogParameter("p", 1);
        run.LogParameter("p", 1);
        Assert.That(() => run.LogParameter("p", 2), Throws.TypeOf<ParameterConflictException>().With.Property("Stored").EqualTo("1"));
        await run.FlushAsync();

        await using Run other = await Tracker.StartRunAsync("e", new() { IdempotencyKey = "k" });
        other.LogParameter("p", 3);
        other.LogParameter("q", 4);

        Assert.That(() => other.FlushAsync(), Throws.TypeOf<ParameterConflictException>().With.Property("Refused").EqualTo("3"));
        Assert.That((await Tracker.GetRunAsync(run.Id)).Parameters, Is.EquivalentTo(new Dictionary<string, string> { ["p"] = "1", ["q"] = "4" }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_refused_parameter_is_logged_by_its_key_and_never_by_a_value(bool complete)
    {
        var logger = new FakeLogger();
        using var tracker = new Tracker(Database, Artifacts, timeProvider: Time, logger: logger);
        await using Run run = await Tracker.StartRunAsync("e", new() { IdempotencyKey = "k" });
        run.LogParameter("password", "canary-stored");
        await run.FlushAsync();

        Run other = await tracker.StartRunAsync("e", new() { IdempotencyKey = "k" });
        other.LogParameter("password", "canary-refused");
        if (complete)
        {
            other.Complete();
            Assert.That(async () => await other.DisposeAsync(), Throws.TypeOf<ParameterConflictException>());
        }
        else
        {
            await other.DisposeAsync();
        }

        IReadOnlyList<FakeLogRecord> logged = logger.Collector.GetSnapshot();
        Assert.That(logged.Select(static record => record.Id.Id), Is.EqualTo(new[] { 2006 }));
        Assert.That(logged[0].Message, Does.Contain("'password'").And.Contain(run.Id));
        Assert.That(logged.Select(static record => $"{record.Message} {record.Exception}"), Has.None.Contains("canary"));
    }

    [Test]
    public void A_run_that_does_not_exist_is_null_or_a_typed_error()
    {
        Assert.That(async () => await Tracker.FindRunAsync("absent"), Is.Null);
        Assert.That(async () => await Tracker.GetRunAsync("absent"), Throws.TypeOf<RunNotFoundException>().And.InstanceOf<TrackingException>());
        Assert.That(async () => await Tracker.GetMetricHistoryAsync("absent", "m"), Throws.TypeOf<RunNotFoundException>());
        Assert.That(async () => await Tracker.OpenArtifactAsync("absent", "a"), Throws.TypeOf<RunNotFoundException>());
    }

    [TestCase("")]
    [TestCase("/a")]
    [TestCase("a/")]
    [TestCase("a//b")]
    [TestCase("a/../b")]
    [TestCase(".")]
    [TestCase("a\nb")]
    [TestCase("a;b")]
    public async Task A_key_that_is_none_is_refused_at_once(string key)
    {
        await using Run run = await Tracker.StartRunAsync("e");

        Assert.Multiple(() =>
        {
            Assert.That(() => run.LogMetric(key, 1), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => run.LogParameter(key, 1), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => run.SetTag(key, "1"), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => run.LogMetricsAsync([new("fine", 1), new(key, 1)]), Throws.InstanceOf<ArgumentException>());
        });
        await run.FlushAsync();
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics, Is.Empty);
    }

    [Test]
    public void A_name_that_is_none_is_refused_before_anything_is_written()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => Tracker.StartRunAsync(" "), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => Tracker.StartRunAsync(new string('x', 251)), Throws.ArgumentException);
            Assert.That(() => Tracker.StartRunAsync("e", new() { Name = "a\u0000" }), Throws.ArgumentException);
            Assert.That(() => Tracker.StartRunAsync("e", new() { Tags = new Dictionary<string, string> { ["a"] = new('x', 8_001) } }), Throws.ArgumentException);
            Assert.That(() => Tracker.TrackAsync("", (run, token) => Task.CompletedTask), Throws.ArgumentException);
        });
    }
}
