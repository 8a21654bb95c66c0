using Microsoft.Extensions.Time.Testing;

namespace Mlops.Drift.Tests;

/// <summary>Rows whose time cannot be.</summary>
[TestFixture]
internal sealed class FutureRowTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task A_row_from_the_future_neither_ends_windows_nor_expires_predictions()
    {
        FakeTimeProvider clock = new(Start);
        using DriftMonitor monitor = new(
            "orders",
            DriftSchema.Create(static s => s.Prediction("x")),
            new() { WindowKind = WindowKind.Tumbling, WindowTime = TimeSpan.FromHours(1) },
            new() { TimeProvider = clock });
        monitor.Observe([1], id: 1, at: Start);
        monitor.Observe([1], id: 2, at: Start.AddYears(200));
        monitor.Observe([1], id: 3, at: Start.AddHours(25));
        monitor.Observe([1], id: 4, at: Start.AddMinutes(5));
        monitor.ObserveLabel(1, 1);

        MonitorStatus status = monitor.Status;
        Assert.That((status.Rows, status.FutureRows, status.LateRows, status.Labels.Joined), Is.EqualTo((2L, 2L, 0L, 1L)));
        Assert.That((await monitor.EvaluateAsync()).Rows, Is.EqualTo(2));

        clock.Advance(TimeSpan.FromHours(2));
        monitor.Observe([1], id: 5, at: Start.AddHours(25));
        Assert.That(monitor.Status.FutureRows, Is.EqualTo(2), "now it is within a day");
    }

    [Test]
    public void A_clock_that_steps_back_loses_nothing()
    {
        FakeTimeProvider clock = new(Start) { AutoAdvanceAmount = TimeSpan.Zero };
        using DriftMonitor monitor = new("orders", DriftSchema.Create(static s => s.Numeric("x")), null, new() { TimeProvider = clock });
        monitor.Observe([1]);
        clock.AdjustTime(Start.AddHours(-1));
        monitor.Observe([1]);
        Assert.That((monitor.Status.Rows, monitor.Status.FutureRows), Is.EqualTo((2L, 0L)));
    }
}
