using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Recordings;

public sealed class MeterRecordingTests : TrackingSuite
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private Meter _meter = null!;

    [SetUp]
    public void CreateMeter() => _meter = new Meter(Guid.NewGuid().ToString("N"));

    [TearDown]
    public void DisposeMeter() => _meter.Dispose();

    [Test]
    public async Task A_counter_is_the_sum_since_the_beginning_at_each_tick()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        using MeterRecording recording = run.RecordMeter(_meter.Name);
        Counter<int> counter = _meter.CreateCounter<int>("rows");
        counter.Add(3);
        counter.Add(4);
        Time.Advance(Interval);
        Time.Advance(Interval);
        counter.Add(5);
        Time.Advance(Interval);

        Assert.That(await ReadAsync(run, "rows"), Is.EqualTo(new[] { (1L, 7.0), (2, 7), (3, 12) }));
    }

    [Test]
    public async Task A_histogram_is_described_per_interval()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        using MeterRecording recording = run.RecordMeter(_meter.Name);
        Histogram<double> histogram = _meter.CreateHistogram<double>("duration");
        histogram.Record(1);
        histogram.Record(4);
        histogram.Record(-2);
        Time.Advance(Interval);
        Time.Advance(Interval);
        histogram.Record(8);
        Time.Advance(Interval);

        Assert.That(await ReadAsync(run, "duration/count"), Is.EqualTo(new[] { (1L, 3.0), (3, 1) }));
        Assert.That(await ReadAsync(run, "duration/mean"), Is.EqualTo(new[] { (1L, 1.0), (3, 8) }));
        Assert.That(await ReadAsync(run, "duration/min"), Is.EqualTo(new[] { (1L, -2.0), (3, 8) }));
        Assert.That(await ReadAsync(run, "duration/max"), Is.EqualTo(new[] { (1L, 4.0), (3, 8) }));
    }

    [Test]
    public async Task A_gauge_stands_and_an_observable_instrument_is_asked_at_each_tick()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        int asked = 0;
        _meter.CreateObservableGauge("level", () => ++asked == 2 ? [] : new Measurement<decimal>[] { new(asked) });
        _meter.CreateObservableCounter("total", () => 10L * asked);
        Gauge<float> gauge = _meter.CreateGauge<float>("rate");
        using MeterRecording recording = run.RecordMeter(_meter.Name);
        gauge.Record(1);
        gauge.Record(2.5f);
        for (int i = 0; i < 3; i++)
        {
            Time.Advance(Interval);
        }

        Assert.That(await ReadAsync(run, "rate"), Is.EqualTo(new[] { (1L, 2.5), (2, 2.5), (3, 2.5) }));
        Assert.That(await ReadAsync(run, "level"), Is.EqualTo(new[] { (1L, 1.0), (3, 3) }));
        Assert.That((await ReadAsync(run, "total")).Select(static point => point.Step), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task A_series_is_its_tags_in_any_order()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        using MeterRecording recording = run.RecordMeter(_meter.Name);
        Counter<long> counter = _meter.CreateCounter<long>("requests");
        counter.Add(1, new("status", 200), new KeyValuePair<string, object?>("route", "/home page"));
        counter.Add(2, new("route", "/home page"), new KeyValuePair<string, object?>("status", 200));
        counter.Add(4, new KeyValuePair<string, object?>("status", null));
        counter.Add(8);
        Time.Advance(Interval);
        await run.FlushAsync();

        Dictionary<string, double> values = (await Tracker.GetRunAsync(run.Id)).Metrics.ToDictionary(static metric => metric.Key, static metric => metric.Value.Value);
        Assert.That(values, Is.EquivalentTo(new Dictionary<string, double> { ["requests/route:_home page/status:200"] = 3, ["requests/status:"] = 4, ["requests"] = 8 }));
    }

    [Test]
    public async Task Tags_that_read_alike_as_a_key_stay_apart()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        using MeterRecording recording = run.RecordMeter(_meter.Name);
        Counter<long> counter = _meter.CreateCounter<long>("c");
        counter.Add(1, new KeyValuePair<string, object?>("t", "a+b"));
        counter.Add(2, new KeyValuePair<string, object?>("t", "a*b"));
        counter.Add(4, new KeyValuePair<string, object?>("t", new string('x', 300) + "1"));
        counter.Add(8, new KeyValuePair<string, object?>("t", new string('x', 300) + "2"));
        Time.Advance(Interval);
        await run.FlushAsync();

        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics.Values.Select(static metric => metric.Value), Is.EquivalentTo(new[] { 1.0, 2, 4, 8 }));
    }

    [TestCase("..")]
    [TestCase("a//b")]
    [TestCase("./a")]
    [TestCase("ü%/%")]
    public void Every_key_is_one(string name)
    {
        string key = SeriesKey.Of(name, [new("/", ".."), new("", null), new("a\nb", 1.5)]);

        Assert.That(() => Names.RequireKey(key, "key"), Throws.Nothing, key);
        Assert.That(() => Names.RequireKey(SeriesKey.Of(name + new string('y', 300), []) + "/count", "key"), Throws.Nothing);
    }

    [Test]
    public async Task Only_the_chosen_instruments_of_the_meter_are_recorded_and_no_more_series_than_allowed()
    {
        var logger = new FakeLogger();
        using var tracker = new Tracker(Database, Artifacts, new TrackingOptions(), Time, logger);
        await using Run run = await tracker.StartRunAsync("e");
        using var other = new Meter("another");
        using MeterRecording recording = run.RecordMeter(_meter.Name, new() { Instruments = ["chosen"], MaximumSeries = 2, Interval = TimeSpan.FromSeconds(1) });
        Counter<long> chosen = _meter.CreateCounter<long>("chosen");
        _meter.CreateCounter<long>("left out").Add(1);
        other.CreateCounter<long>("chosen").Add(1);
        for (int i = 0; i < 5; i++)
        {
            chosen.Add(1, new KeyValuePair<string, object?>("n", i));
            chosen.Add(1, new KeyValuePair<string, object?>("n", i));
        }

        Time.Advance(TimeSpan.FromSeconds(1));
        await run.FlushAsync();

        Assert.That((await tracker.GetRunAsync(run.Id)).Metrics.Keys, Is.EquivalentTo(new[] { "chosen/n:0", "chosen/n:1" }));
        Assert.That(recording.SkippedMeasurements, Is.EqualTo(6));
        Assert.That(logger.Collector.GetSnapshot().Count(static entry => entry.Id.Id == 2025), Is.EqualTo(1));
    }

    [Test]
    public async Task The_last_interval_is_logged_when_the_recording_or_the_run_ends()
    {
        Counter<long> counter = _meter.CreateCounter<long>("c");
        Run run = await Tracker.StartRunAsync("e");
        MeterRecording first = run.RecordMeter(_meter.Name);
        counter.Add(1);
        first.Dispose();
        counter.Add(1);
        first.Dispose();
        Assert.That(await ReadAsync(run, "c"), Is.EqualTo(new[] { (1L, 1.0) }));

        run.RecordMeter(_meter.Name);
        counter.Add(5);
        Time.Advance(Interval);
        counter.Add(5);
        run.Complete();
        counter.Add(100);
        Time.Advance(Interval);
        await run.DisposeAsync();

        Assert.That((await Tracker.GetMetricHistoryAsync(run.Id, "c")).Select(static point => (point.Step, point.Value)), Is.EqualTo(new[] { (1L, 1.0), (1, 5), (2, 10) }));
        Assert.That(() => run.RecordMeter(_meter.Name), Throws.TypeOf<RunEndedException>());
    }

    [Test]
    public async Task An_instrument_that_throws_stops_nothing()
    {
        var logger = new FakeLogger();
        using var tracker = new Tracker(Database, Artifacts, new TrackingOptions(), Time, logger);
        await using Run run = await tracker.StartRunAsync("e");
        _meter.CreateObservableGauge("broken", int () => throw new InvalidOperationException("secret"));
        _meter.CreateObservableGauge("sound", () => 1);
        run.RecordMeter(_meter.Name);
        Time.Advance(Interval);
        Time.Advance(Interval);

        Assert.That(await ReadAsync(run, "sound"), Has.Count.EqualTo(2));
        FakeLogRecord entry = logger.Collector.GetSnapshot().Single(static entry => entry.Id.Id == 2026);
        Assert.That((entry.Message.Contains("InvalidOperationException", StringComparison.Ordinal), entry.Message.Contains("secret", StringComparison.Ordinal), entry.Exception), Is.EqualTo((true, false, (Exception?)null)));
    }

    [Test]
    public async Task An_interval_that_fails_is_logged_once_and_the_next_is_logged_as_ever()
    {
        var logger = new FakeLogger();
        var time = new FailingTime(Start);
        using var tracker = new Tracker(Database, Artifacts, new TrackingOptions(), time, logger);
        await using Run run = await tracker.StartRunAsync("e");
        Counter<long> counter = _meter.CreateCounter<long>("c");
        run.RecordMeter(_meter.Name);
        counter.Add(1);
        time.Fails = true;
        time.Advance(Interval);
        time.Advance(Interval);
        time.Fails = false;
        time.Advance(Interval);
        await run.FlushAsync();

        Assert.That((await tracker.GetMetricHistoryAsync(run.Id, "c")).Select(static point => point.Time), Is.EqualTo(new[] { Start + (3 * Interval) }));
        Assert.That(logger.Collector.GetSnapshot().Count(static entry => entry.Id.Id == 2029), Is.EqualTo(1));
    }

    [Test]
    public async Task Measuring_a_known_series_allocates_nothing()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        using MeterRecording recording = run.RecordMeter(_meter.Name);
        Histogram<double> histogram = _meter.CreateHistogram<double>("h");
        var tag = new KeyValuePair<string, object?>("k", "v");
        object boxed = 7;
        Measure(1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Measure(10_000);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000));

        void Measure(int times)
        {
            for (int i = 0; i < times; i++)
            {
                histogram.Record(i, tag, new KeyValuePair<string, object?>("n", boxed));
            }
        }
    }

    [Test]
    public async Task Measurements_of_many_threads_are_all_counted()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        using MeterRecording recording = run.RecordMeter(_meter.Name);
        Counter<long> counter = _meter.CreateCounter<long>("c");
        Histogram<long> histogram = _meter.CreateHistogram<long>("h");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("k", i % 50 == 0 ? "a" : "b"));
                histogram.Record(1);
                if (i % 1_000 == 0)
                {
                    Time.Advance(Interval / 10);
                }
            }
        })));
        Time.Advance(Interval);
        await run.FlushAsync();

        IReadOnlyDictionary<string, MetricSummary> metrics = (await Tracker.GetRunAsync(run.Id)).Metrics;
        Assert.That((metrics["c/k:a"].Value, metrics["c/k:b"].Value), Is.EqualTo((1_600.0, 78_400.0)));
        Assert.That((await ReadAsync(run, "h/count")).Sum(static point => point.Value), Is.EqualTo(80_000));
    }

    [Test]
    public async Task An_option_out_of_its_range_is_refused()
    {
        await using Run run = await Tracker.StartRunAsync("e");

        Assert.That(() => run.RecordMeter(""), Throws.ArgumentException);
        Assert.That(() => run.RecordMeter("m", new() { Interval = TimeSpan.FromMilliseconds(99) }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => run.RecordMeter("m", new() { MaximumSeries = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    protected override Database Create(string folder) => Sqlite.Create(folder);

    private async Task<List<(long Step, double Value)>> ReadAsync(Run run, string key)
    {
        await run.FlushAsync();
        return [.. (await Tracker.GetMetricHistoryAsync(run.Id, key)).Select(static point => (point.Step, point.Value))];
    }

    /// <summary>A clock that cannot be read for a while.</summary>
    private sealed class FailingTime(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public bool Fails { get; set; }

        public override DateTimeOffset GetUtcNow() => Fails ? throw new InvalidOperationException("No time.") : base.GetUtcNow();
    }
}
