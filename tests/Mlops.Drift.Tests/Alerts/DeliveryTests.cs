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

    [Test]
    public async Task Windows_that_were_judged_before_a_cancellation_are_told_at_the_next_evaluation()
    {
        using CancellationTokenSource cancellation = new();
        Recorder recorder = new() { OnReport = (_, token) => cancellation.IsCancellationRequested ? Task.CompletedTask : CancelAsync(cancellation, token) };
        using DriftMonitor<Ride> monitor = New(static options => (options.WindowRows, options.WindowKind) = (100, WindowKind.Tumbling), recorder);
        int row = 0;
        foreach (double shift in (double[])[0, 1, 1])
        {
            foreach (Ride ride in new Draws(20 + row).Rides(100, shift, Start.AddHours(row), $"{row}-"))
                monitor.Observe(ride);
            row += 100;
        }

        Assert.That(async () => await monitor.EvaluateAsync(cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(recorder.Reports, Is.Empty, "the first call was cut short");
        await monitor.EvaluateAsync();

        Assert.That(recorder.Reports.Select(static r => (r.Rows, r.Verdict == DriftVerdict.Drift)), Is.EqualTo(new[] { (100L, false), (100L, true), (100L, true), (0L, false) }));
        Assert.That(recorder.Alerts.Select(static a => a.Change), Is.EqualTo(new[] { AlertChange.Raised }));

        static async Task CancelAsync(CancellationTokenSource cancellation, CancellationToken token)
        {
            await cancellation.CancelAsync();
            token.ThrowIfCancellationRequested();
        }
    }

    [Test]
    public async Task A_version_that_was_replaced_raises_no_alarm()
    {
        Recorder recorder = new();
        using DriftMonitor<Ride> monitor = New(static options => (options.WindowRows, options.WindowKind) = (100, WindowKind.Tumbling), recorder);
        foreach (Ride ride in new Draws(30).Rides(250, shift: 1))
            monitor.Observe(ride);
        monitor.Activate("v2", Reference);
        await monitor.EvaluateAsync();

        Assert.That(recorder.Reports.Where(static r => r.ModelVersion == "v1").Select(static r => r.Verdict), Is.EqualTo(new[] { DriftVerdict.Drift, DriftVerdict.Drift, DriftVerdict.Drift }));
        Assert.That(recorder.Alerts, Is.Empty);
    }

    [Test]
    public async Task A_version_that_comes_back_counts_its_confirmations_afresh()
    {
        Recorder recorder = new();
        using DriftMonitor<Ride> monitor = New(static options => (options.DataAlerts.Confirmations, options.MaximumLabelDelay) = (2, TimeSpan.FromDays(365)), recorder);
        await StepAsync(monitor, 1, 0);
        monitor.Activate("v2", Reference);
        await StepAsync(monitor, 0, 1);
        monitor.Activate("v1");
        await StepAsync(monitor, 1, 2);
        Assert.That(recorder.Alerts, Is.Empty);
        await StepAsync(monitor, 1, 3);

        Assert.That(recorder.Alerts.Select(static a => (a.ModelVersion, a.Change)), Is.EqualTo(new[] { ("v1", AlertChange.Raised) }));
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

        public Func<DriftReport, CancellationToken, Task> OnReport { get; init; } = static (_, _) => Task.CompletedTask;

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
            if (++Calls <= Failures)
                throw new InvalidOperationException("the database is away");
            Alerts.Add(alert);
            return ValueTask.CompletedTask;
        }

        public async ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default)
        {
            await OnReport(report, cancellationToken);
            Reports.Add(report);
        }
    }
}
