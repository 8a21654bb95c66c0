using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Drift.Tests;

internal sealed class DeliveryTests
{
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(4_000));
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task An_alert_is_told_again_until_its_observer_takes_it_and_only_to_that_one()
    {
        Recorder failing = new() { Failures = 2 }, steady = new();
        using DriftMonitor<Ride> monitor = New(failing, steady);
        for (int step = 0; step < 4; step++)
            await StepAsync(monitor, 1, step);

        Assert.That(failing.Calls, Is.EqualTo(3));
        Assert.That(failing.Alerts.Select(static a => a.Change), Is.EqualTo(new[] { AlertChange.Raised }));
        Assert.That(steady.Calls, Is.EqualTo(1));
        Assert.That(failing.Reports, Is.EqualTo(steady.Reports), "a report is told once");
    }

    [Test]
    public async Task An_observer_never_hears_of_a_clearing_before_it_heard_of_the_alarm()
    {
        Recorder failing = new() { Failures = 2 };
        using DriftMonitor<Ride> monitor = New(failing);
        await StepAsync(monitor, 1, 0);
        await StepAsync(monitor, 0, 1);
        Assert.That(failing.Alerts, Is.Empty);
        await StepAsync(monitor, 0, 2);

        Assert.That(failing.Alerts.Select(static a => a.Change), Is.EqualTo(new[] { AlertChange.Raised, AlertChange.Cleared }));
    }

    [Test]
    public async Task After_ten_failed_calls_an_alert_is_given_up_and_the_next_one_told()
    {
        FakeLogger logger = new();
        Recorder failing = new() { Failures = 10 };
        using DriftMonitor<Ride> monitor = New(logger, failing);
        for (int step = 0; step < 12; step++)
            await StepAsync(monitor, 1, step);
        Assert.That(failing.Calls, Is.EqualTo(10));
        await StepAsync(monitor, 0, 12);

        Assert.That((failing.Calls, failing.Alerts.Count), Is.EqualTo((11, 1)));
        Assert.That(failing.Alerts[0].Change, Is.EqualTo(AlertChange.Cleared));
        Assert.That(logger.Collector.GetSnapshot().Count(static r => r.Id.Id == 4012), Is.EqualTo(1));
    }

    [Test]
    public async Task What_an_observer_still_lacks_is_in_the_state()
    {
        using DriftMonitor<Ride> monitor = New(new Recorder { Failures = 1 });
        await StepAsync(monitor, 1, 0);
        Recorder later = new();
        using DriftMonitor<Ride> restored = New(later);
        restored.RestoreState(monitor.SaveState());
        await StepAsync(restored, 1, 1);
        await StepAsync(restored, 1, 2);

        Assert.That(later.Alerts.Select(static a => a.Change), Is.EqualTo(new[] { AlertChange.Raised }));
    }

    private static DriftMonitor<Ride> New(params IDriftObserver[] observers) => New(static _ => { }, observers);

    private static DriftMonitor<Ride> New(FakeLogger logger, params IDriftObserver[] observers) => New(static _ => { }, new DriftMonitorServices { Logger = logger, Observers = observers });

    private static DriftMonitor<Ride> New(Action<DriftMonitorOptions> configure, params IDriftObserver[] observers) => New(configure, new DriftMonitorServices { Observers = observers });

    private static DriftMonitor<Ride> New(Action<DriftMonitorOptions> configure, DriftMonitorServices services)
    {
        DriftMonitorOptions options = new() { WindowRows = 300, DataAlerts = { Confirmations = 1, ClearAfter = 1 } };
        configure(options);
        DriftMonitor<Ride> monitor = new("rides", Ride.Schema, options, services);
        monitor.Activate("v1", Reference);
        return monitor;
    }

    private static async Task StepAsync(DriftMonitor<Ride> monitor, double shift, int step)
    {
        foreach (Ride ride in new Draws(100 + step).Rides(300, shift, Start.AddHours(1_000 * step), $"s{step}-"))
            monitor.Observe(ride);
        await monitor.EvaluateAsync();
    }

    private sealed class Recorder : IDriftObserver
    {
        public List<DriftAlert> Alerts { get; } = [];

        public List<DriftReport> Reports { get; } = [];

        /// <summary>Calls with an alert that fail before one succeeds.</summary>
        public int Failures { get; set; }

        public int Calls { get; private set; }

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
            if (++Calls <= Failures)
                throw new InvalidOperationException("the database is away");
            Alerts.Add(alert);
            return ValueTask.CompletedTask;
        }

        public ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default)
        {
            Reports.Add(report);
            return ValueTask.CompletedTask;
        }
    }
}
