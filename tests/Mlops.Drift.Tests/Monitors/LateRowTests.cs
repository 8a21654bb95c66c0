using Microsoft.Extensions.Time.Testing;

namespace Mlops.Drift.Tests;

/// <summary>Rows that come after their window's time.</summary>
[TestFixture]
internal sealed class LateRowTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 0, 0, 0, TimeSpan.Zero);
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x"));
    private static readonly ReferenceProfile Reference = Build();

    [Test]
    public async Task A_late_row_joins_its_window_while_that_may_wait()
    {
        using DriftMonitor monitor = New(TimeSpan.FromMinutes(20));
        ObserveHour(monitor, 0, 50);
        monitor.Observe([0.5], at: Start.AddMinutes(65));
        monitor.Observe([0.5], at: Start.AddMinutes(59));
        Assert.That((await monitor.EvaluateAsync()).Rows, Is.EqualTo(1), "the first hour still waits, so the open window is looked at");

        monitor.Observe([0.5], at: Start.AddMinutes(79));
        monitor.Observe([0.5], at: Start.AddMinutes(30));
        monitor.Observe([0.5], at: Start.AddMinutes(80));
        DriftReport first = await monitor.EvaluateAsync();
        Assert.That((first.Rows, first.Partial), Is.EqualTo((52L, false)), "fifty in time and two late ones");

        monitor.Observe([0.5], at: Start.AddMinutes(31));
        ObserveHour(monitor, 3, 1);
        Assert.That((await monitor.EvaluateAsync()).Rows, Is.EqualTo(3), "the second hour, which ended with its own time");
        Assert.That(monitor.Status.LateRows, Is.EqualTo(1));
    }

    [Test]
    public async Task Without_lateness_a_window_ends_with_its_time()
    {
        using DriftMonitor monitor = New(TimeSpan.Zero);
        ObserveHour(monitor, 0, 20);
        monitor.Observe([0.5], at: Start.AddMinutes(61));
        monitor.Observe([0.5], at: Start.AddMinutes(59));
        Assert.That((await monitor.EvaluateAsync()).Rows, Is.EqualTo(20));
        Assert.That(monitor.Status.LateRows, Is.EqualTo(1));
    }

    [Test]
    public async Task A_restored_state_goes_on_waiting()
    {
        using DriftMonitor monitor = New(TimeSpan.FromMinutes(30)), restored = New(TimeSpan.FromMinutes(30));
        monitor.Activate("v1", Reference);
        ObserveHour(monitor, 0, 40);
        ObserveHour(monitor, 1, 5);
        restored.RestoreState(monitor.SaveState(), static _ => new ServedReference(Reference));
        foreach (DriftMonitor one in new[] { monitor, restored })
        {
            one.Observe([0.5], at: Start.AddMinutes(58));
            one.Observe([0.5], at: Start.AddMinutes(95));
        }

        Assert.That(restored.SaveState(), Is.EqualTo(monitor.SaveState()));
        DriftReport report = await monitor.EvaluateAsync();
        Assert.That(report.Rows, Is.EqualTo(41));
        Assert.That((await restored.EvaluateAsync()).ToJson(), Is.EqualTo(report.ToJson()));
    }

    [Test]
    public async Task An_idle_window_closes_once_its_wait_is_over_and_stays_closed()
    {
        FakeTimeProvider clock = new(Start.AddMinutes(10));
        using DriftMonitor monitor = New(TimeSpan.FromMinutes(15), clock);
        for (int i = 0; i < 30; i++)
            monitor.Observe([i / 30.0]);
        clock.Advance(TimeSpan.FromMinutes(60));
        Assert.That(monitor.HasNews, Is.False, "ten past the hour, it still waits");
        clock.Advance(TimeSpan.FromMinutes(6));
        Assert.That(monitor.HasNews, Is.True);
        Assert.That((await monitor.EvaluateAsync()).Rows, Is.EqualTo(30));

        monitor.Observe([0.5], at: Start.AddMinutes(50));
        Assert.That(monitor.Status.LateRows, Is.EqualTo(1));
        Assert.That(monitor.HasNews, Is.False);
    }

    [Test]
    public async Task A_promotion_ends_both_windows()
    {
        using DriftMonitor monitor = New(TimeSpan.FromMinutes(30));
        ObserveHour(monitor, 0, 40);
        ObserveHour(monitor, 1, 5);
        List<DriftReport> reports = [];
        monitor.AddObserver(new Collector(reports));
        monitor.Activate("v2", Reference);
        await monitor.EvaluateAsync();
        Assert.That(reports.Where(static r => r.ModelVersion == "v1").Select(static r => (r.Rows, r.Partial)), Is.EqualTo(new[] { (40L, false), (5L, true) }));
    }

    [Test]
    public void Lateness_needs_windows_that_end()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Options(static o => o.WindowKind = WindowKind.Sliding));
        Assert.Throws<ArgumentOutOfRangeException>(() => Options(static o => o.WindowTime = null));
        Assert.Throws<ArgumentOutOfRangeException>(() => Options(static o => o.AllowedLateness = TimeSpan.FromHours(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Options(static o => o.AllowedLateness = TimeSpan.FromSeconds(-1)));

        static void Options(Action<DriftMonitorOptions> change)
        {
            DriftMonitorOptions options = new() { WindowKind = WindowKind.Tumbling, WindowTime = TimeSpan.FromHours(1), AllowedLateness = TimeSpan.FromMinutes(5) };
            change(options);
            using DriftMonitor monitor = new("late", Schema, options);
        }
    }

    private static DriftMonitor New(TimeSpan lateness, TimeProvider? clock = null)
    {
        DriftMonitor monitor = new(
            "late",
            Schema,
            new() { WindowKind = WindowKind.Tumbling, WindowTime = TimeSpan.FromHours(1), AllowedLateness = lateness },
            clock is null ? null : new DriftMonitorServices { TimeProvider = clock });
        monitor.Activate("v1", Reference);
        return monitor;
    }

    private static void ObserveHour(DriftMonitor monitor, int hour, int rows)
    {
        for (int i = 0; i < rows; i++)
            monitor.Observe([i / (double)rows], at: Start.AddHours(hour).AddMinutes(30.0 * i / rows));
    }

    private static ReferenceProfile Build() => ReferenceProfile.Build(new DriftBatch(Schema).Numeric("x", Enumerable.Range(0, 1_000).Select(static i => i / 1_000.0).ToArray()));

    private sealed class Collector(List<DriftReport> reports) : IDriftObserver
    {
        public ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default)
        {
            reports.Add(report);
            return ValueTask.CompletedTask;
        }

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
