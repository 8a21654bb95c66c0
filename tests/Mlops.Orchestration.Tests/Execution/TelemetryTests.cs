using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

[TestFixture]
[NonParallelizable]
public sealed class TelemetryTests
{
    private SqliteFile? _file;

    [SetUp]
    public void CreateFile() => _file = new SqliteFile();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();

    [Test]
    public async Task Every_attempt_is_a_span_below_the_start_of_its_run()
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Mlops.Orchestration",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        PipelineRun run = await RunAsync(null);

        Activity[] mine = [.. spans.Where(span => Equals(span.GetTagItem("mlops.pipeline.run.id"), run.Id))];
        Activity start = mine.Single(static span => span.OperationName == "start test");
        Assert.That(mine.Select(static span => span.OperationName), Is.EquivalentTo((string[])["start test", "step a", "step a", "step b", "run test"]));
        Assert.That(mine.Select(static span => span.TraceId), Is.All.EqualTo(start.TraceId));
        Assert.That(mine.Where(span => span != start).Select(static span => span.ParentSpanId), Is.All.EqualTo(start.SpanId));
        Assert.That(mine.Count(static span => span.Status == ActivityStatusCode.Error), Is.EqualTo(1), "the attempt that failed");
    }

    [Test]
    public async Task Attempts_runs_and_retries_are_counted()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        using var durations = new MetricCollector<double>(meters, "Mlops.Orchestration", "mlops.orchestration.step.duration");
        using var runs = new MetricCollector<long>(meters, "Mlops.Orchestration", "mlops.orchestration.runs");
        using var retries = new MetricCollector<long>(meters, "Mlops.Orchestration", "mlops.orchestration.step.retries");

        await RunAsync(meters);

        Assert.That(
            durations.GetMeasurementSnapshot().Select(static m => (m.Tags["mlops.step"], m.Tags["mlops.outcome"])),
            Is.EqualTo((object)new (object?, object?)[] { ("a", "failed"), ("a", "succeeded"), ("b", "succeeded") }));
        Assert.That(runs.GetMeasurementSnapshot().Single().Tags["mlops.outcome"], Is.EqualTo("Succeeded"));
        Assert.That(retries.GetMeasurementSnapshot().Single().Value, Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_run_that_was_cancelled_is_counted_logged_and_a_span_also_where_no_worker_runs(bool bySchedule)
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using ActivityListener listener = Listen(spans);
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        using var ended = new MetricCollector<long>(meters, "Mlops.Orchestration", "mlops.orchestration.runs");
        var logger = new FakeLogger<Pipelines>();
        await using Database database = _file!.Open();
        var pipelines = new Pipelines(
            database, [new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)))], logger: logger, meterFactory: meters);
        long cancelled;
        if (bySchedule)
        {
            var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero));
            PipelineSchedule schedule = PipelineSchedule.For<TestPipeline, int>("nightly", "0 0 * * *", static _ => 1, new ScheduleOptions { Overlap = OverlapPolicy.CancelPrevious });
            var scheduler = new PipelineScheduler(pipelines, [schedule], timeProvider: time);
            for (int day = 0; day < 3; day++)
            {
                await scheduler.FollowAsync(schedule, default);
                time.Advance(TimeSpan.FromDays(1));
            }

            cancelled = (await pipelines.ListRunsAsync("test")).Single(static run => run.IsOver).Id;
        }
        else
        {
            cancelled = (await pipelines.StartAsync<TestPipeline, int>(0)).Id;
            await pipelines.CancelAsync(cancelled, "not wanted");
        }

        Assert.That(ended.GetMeasurementSnapshot().Single().Tags["mlops.outcome"], Is.EqualTo("Cancelled"));
        FakeLogRecord logged = logger.Collector.GetSnapshot().Single(static log => log.Id.Id == 6010);
        Assert.That(logged.Message, Does.StartWith($"Run {cancelled} of test is Cancelled"));
        Activity[] mine = [.. spans.Where(span => Equals(span.GetTagItem("mlops.pipeline.run.id"), cancelled))];
        Assert.That(mine.Select(static span => span.OperationName), Is.EqualTo((string[])["start test", "run test"]));
        Assert.That(mine[1].ParentSpanId, Is.EqualTo(mine[0].SpanId));
    }

    [Test]
    public async Task Runs_of_schedules_and_backfills_have_a_start_of_their_own_and_looks_that_start_nothing_leave_no_span()
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using ActivityListener listener = Listen(spans);
        await using Database database = _file!.Open();
        var pipelines = new Pipelines(database, [new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)))]);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero));
        PipelineSchedule schedule = PipelineSchedule.For<TestPipeline, int>("nightly", "0 0 * * *", static _ => 1);
        var scheduler = new PipelineScheduler(pipelines, [schedule], timeProvider: time);
        await scheduler.FollowAsync(schedule, default);
        await pipelines.BackfillAsync("nightly", time.GetUtcNow().AddDays(-2), time.GetUtcNow());
        for (int day = 0; day < 2; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            await scheduler.FollowAsync(schedule, default);
        }

        PipelineRun[] runs = [.. await pipelines.ListRunsAsync("test")];
        Activity[] starts = [.. spans.Where(static span => span.OperationName == "start test" && span.Recorded)];
        Assert.That(runs, Has.Length.GreaterThan(1));
        Assert.That(starts.Select(static span => span.GetTagItem("mlops.pipeline.run.id")), Is.EquivalentTo(runs.Select(static run => (object)run.Id)), "the skipped one is none of them");
        List<(long Run, string Parent)> stored = await database.QueryAsync(
            "SELECT id, trace_parent FROM orchestration_run", static row => (row.GetInt64(0), row.GetString(1)), CancellationToken.None);
        Assert.That(stored, Is.EquivalentTo(starts.Select(static span => ((long)span.GetTagItem("mlops.pipeline.run.id")!, span.Id!))));
    }

    [Test]
    public async Task Steps_that_were_taken_over_turned_away_looked_up_and_checked_are_counted()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        using var reclaimed = new MetricCollector<long>(meters, "Mlops.Orchestration", "mlops.orchestration.step.reclaimed");
        using var fenced = new MetricCollector<long>(meters, "Mlops.Orchestration", "mlops.orchestration.fenced_commits");
        using var cache = new MetricCollector<long>(meters, "Mlops.Orchestration", "mlops.orchestration.step.cache");
        using var checks = new MetricCollector<long>(meters, "Mlops.Orchestration", "mlops.orchestration.step.checks");
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Database database = _file!.Open();
        var pipelines = new Pipelines(database, [new TestPipeline(p => p.Step("a", async ctx =>
        {
            if (ctx.Parameters == 1 && ctx.Attempt == 2)
            {
                entered.TrySetResult();
                await go.Task;
            }

            return 1;
        }).WithCache().WithCheck("odd", static x => x == 2, CheckSeverity.Warn).WithCheck("positive", static x => x > 0))]);
        await pipelines.RegisterAsync();
        PipelineRun run = await pipelines.StartAsync<TestPipeline, int>(1);

        // Its worker holds no lease: the other takes its step.
        await pipelines.Store.ClaimAsync("dead", 1, default);
        await using (var worker = new PipelineWorker(pipelines, StoreTests.Quick(), meterFactory: meters))
        {
            worker.Start();
            await entered.Task.WaitAsync(TimeSpan.FromSeconds(60));

            // It is taken away once more, from under the worker.
            string name = (await pipelines.Store.ListOtherWorkersAsync("", default)).Single();
            await pipelines.PauseAsync(run.Id, "so that nobody claims it");
            await pipelines.Store.ReclaimAsync(run.Id, name, default);
            go.SetResult();
            await StoreTests.SeeAsync<StepFenced>(pipelines, run.Id);
            await pipelines.ResumeAsync(run.Id);
            (await StoreTests.FinishAsync(pipelines, run.Id)).EnsureSucceeded();
            (await StoreTests.RunAsync(pipelines, 1)).EnsureSucceeded();
        }

        Assert.That(reclaimed.GetMeasurementSnapshot().Sum(static m => m.Value), Is.EqualTo(1));
        Assert.That(fenced.GetMeasurementSnapshot().Select(static m => (m.Value, m.Tags["mlops.pipeline"])), Is.EqualTo((object)new (long, object?)[] { (1, "test") }));
        Assert.That(cache.GetMeasurementSnapshot().Select(static m => m.Tags["mlops.outcome"]), Is.EqualTo((object)new object?[] { "Missed", "Missed", "Hit" }));
        Assert.That(
            checks.GetMeasurementSnapshot().Select(static m => (m.Tags["mlops.step"], m.Tags["mlops.outcome"])),
            Is.EqualTo((object)new (object?, object?)[] { ("a", "Warned"), ("a", "Passed") }));
    }

    private static ActivityListener Listen(System.Collections.Concurrent.ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Mlops.Orchestration",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private async Task<PipelineRun> RunAsync(IMeterFactory? meters)
    {
        await using Database database = _file!.Open();
        var pipelines = new Pipelines(database, [new TestPipeline(static p =>
        {
            Step<int> a = p.Step("a", static ctx => ctx.Attempt == 1 ? throw new TimeoutException() : Task.FromResult(1))
                .WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
            p.Step("b", a, static (x, _) => Task.FromResult(x));
        })]);
        await using var worker = new PipelineWorker(pipelines, StoreTests.Quick(), meterFactory: meters);
        worker.Start();
        PipelineRun run = await pipelines.StartAsync<TestPipeline, int>(0);
        run = (await pipelines.WaitAsync(run.Id)).EnsureSucceeded();
        await worker.StopAsync();
        return run;
    }
}
