using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Recordings;

public sealed class SystemMetricsTests : TrackingSuite
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    [Test]
    public async Task An_open_run_logs_what_the_process_uses_at_each_interval_and_at_its_end()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { SystemMetricsInterval = Interval });
        Run run = await tracker.StartRunAsync("e");
        Time.Advance(Interval);
        Time.Advance(Interval);
        Time.Advance(Interval / 2);
        run.Complete();
        await run.DisposeAsync();
        Time.Advance(5 * Interval);

        RunRecord record = await tracker.GetRunAsync(run.Id);
        string[] keys = ["system/cpu_utilization", "system/gc_heap", "system/memory_working_set", "system/threads"];
        string[] onLinux = ["system/disk_read", "system/disk_written"];
        Assert.That(record.Metrics.Keys, Is.SupersetOf(keys).And.SubsetOf((string[])[.. keys, .. onLinux]));
        foreach (string key in record.Metrics.Keys)
        {
            IReadOnlyList<MetricPoint> history = await tracker.GetMetricHistoryAsync(run.Id, key);
            Assert.That(
                history.Select(static point => (point.Step, point.Time)),
                Is.EqualTo(new[] { (1, Start + Interval), (2, Start + (2 * Interval)), (3L, Start + (2.5 * Interval)) }), key);
        }

        Assert.That(record.Metrics["system/cpu_utilization"].Value, Is.InRange(0, 100));
        Assert.That(record.Metrics["system/threads"].Value, Is.AtLeast(1));
        Assert.That(record.Metrics["system/memory_working_set"].Value, Is.GreaterThan(record.Metrics["system/gc_heap"].Value / 2).And.GreaterThan(1e6));
    }

    [Test]
    public async Task Work_shows_in_the_utilization()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { SystemMetricsInterval = Interval });
        await using Run run = await tracker.StartRunAsync("e");
        TimeSpan before = Environment.CpuUsage.TotalTime;
        while (Environment.CpuUsage.TotalTime - before < TimeSpan.FromMilliseconds(50))
        {
        }

        // In the run's own time, that was within one interval.
        Time.Advance(Interval);
        await run.FlushAsync();

        double least = 100 * TimeSpan.FromMilliseconds(50) / (Interval * Environment.ProcessorCount);
        Assert.That((await tracker.GetRunAsync(run.Id)).Metrics["system/cpu_utilization"].Value, Is.AtLeast(least));
    }

    [Test]
    public async Task A_sample_that_fails_is_logged_once_and_counted_and_the_next_is_taken()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        using var failures = new MetricCollector<long>(meters, "Mlops.Tracking", "mlops.tracking.recordings.failures");
        var logger = new FakeLogger();
        var time = new FailingTime(Start);
        using var tracker = new Tracker(Database, Artifacts, new TrackingOptions { SystemMetricsInterval = Interval }, time, logger, meters);
        await using Run run = await tracker.StartRunAsync("e");

        time.FailingReads = 2;
        time.Advance(Interval);
        time.Advance(Interval);
        time.Advance(Interval);
        await run.FlushAsync();

        Assert.That(
            (await tracker.GetMetricHistoryAsync(run.Id, "system/threads")).Select(static point => point.Time), Is.EqualTo(new[] { Start + (3 * Interval) }));
        Assert.That(logger.Collector.GetSnapshot().Count(static entry => entry.Id.Id == 2028), Is.EqualTo(1));
        Assert.That(failures.GetMeasurementSnapshot().Sum(static measurement => measurement.Value), Is.EqualTo(2));
    }

    [Test]
    public async Task A_sample_that_fails_at_the_end_of_a_run_does_not_hide_how_it_ended()
    {
        var time = new FailingTime(Start);
        using var tracker = new Tracker(Database, Artifacts, new TrackingOptions { SystemMetricsInterval = Interval }, time);
        await using Run run = await tracker.StartRunAsync("e");
        time.Advance(Interval / 2);
        time.FailingReads = 1;
        run.Complete();
        await run.DisposeAsync();
        string second = "";

        Assert.That(
            async () => await tracker.TrackAsync("e", (run, _) =>
            {
                second = run.Id;
                run.RecordMeter("a meter");
                time.Advance(Interval / 2);
                time.FailingReads = 2;
                throw new InvalidOperationException("the user's");
            }),
            Throws.InvalidOperationException.With.Message.EqualTo("the user's"));

        Assert.That((await tracker.GetRunAsync(run.Id)).Status, Is.EqualTo(RunStatus.Finished));
        Assert.That((await tracker.GetRunAsync(second)).Status, Is.EqualTo(RunStatus.Failed));
    }

    [Test]
    public async Task By_default_a_run_logs_nothing_of_its_own()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        Time.Advance(TimeSpan.FromHours(1));
        await run.FlushAsync();

        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics, Is.Empty);
    }

    [TestCase(0.05)]
    [TestCase(3_601)]
    public void An_interval_out_of_its_range_is_refused(double seconds) => Assert.That(
        () => OpenTracker(new TrackingOptions { SystemMetricsInterval = TimeSpan.FromSeconds(seconds) }), Throws.ArgumentException.With.Message.Contains("SystemMetricsInterval"));

    protected override Database Create(string folder) => Sqlite.Create(folder);

    /// <summary>A clock that cannot be read some times.</summary>
    private sealed class FailingTime(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public int FailingReads { get; set; }

        public override DateTimeOffset GetUtcNow() => FailingReads-- > 0 ? throw new InvalidOperationException("No time.") : base.GetUtcNow();
    }
}
