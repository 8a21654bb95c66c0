using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
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
