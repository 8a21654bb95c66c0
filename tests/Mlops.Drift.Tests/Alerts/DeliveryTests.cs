using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Drift.Tests;

internal sealed class DeliveryTests
{
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(4_000));
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private FakeTimeProvider _time = new();

    [SetUp]
    public void SetUp() => _time = new FakeTimeProvider(Start.AddYears(10));

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
        Assert.That(failing.Reports, Is.EqualTo(steady.Reports), "reports do not wait for alerts that fail");
    }

    [Test]
    public async Task An_outage_of_hours_loses_nothing()
    {
        Recorder failing = new() { Failures = 40 };
        using DriftMonitor<Ride> monitor = New(failing);
        await StepAsync(monitor, 1, 0);
        for (int minute = 0; minute < 20 * 60; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await monitor.DeliverAsync(isLast: false, CancellationToken.None);
        }

        Assert.That((failing.Calls, failing.Alerts.Count, monitor.Status.LostAlerts), Is.EqualTo((41, 1, 0L)));
    }

    [Test]
    public async Task A_report_is_told_again_until_its_observer_takes_it()
    {
        int calls = 0;
        Recorder failing = new() { OnReport = (_, _) => ++calls <= 2 ? throw new InvalidOperationException("the database is away") : Task.CompletedTask };
        using DriftMonitor<Ride> monitor = New(failing);
        await StepAsync(monitor, 0, 0);
        await StepAsync(monitor, 0, 1);
        Assert.That(failing.Reports, Is.Empty);
        await StepAsync(monitor, 0, 2);

        Assert.That(failing.Reports.Select(static r => r.EvaluatedAt!.Value), Is.Ordered.And.Exactly(3).Items);
        Assert.That(monitor.Status.HasUndelivered, Is.False);
    }

    [Test]
    public async Task A_failed_observer_waits_and_the_last_delivery_hurries_reports_only()
    {
        int calls = 0;
        Recorder failing = new() { Failures = 5, OnReport = (_, _) => ++calls == 1 ? throw new InvalidOperationException("the database is away") : Task.CompletedTask };
        using DriftMonitor<Ride> monitor = New(failing);
        await StepAsync(monitor, 1, 0, wait: TimeSpan.Zero);
        Assert.That(monitor.HasDue, Is.False);
        await monitor.DeliverAsync(isLast: false, CancellationToken.None);
        Assert.That((failing.Calls, calls), Is.EqualTo((1, 1)));
        await monitor.DeliverAsync(isLast: true, CancellationToken.None);
        Assert.That((failing.Calls, calls, failing.Reports.Count), Is.EqualTo((1, 2, 1)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(monitor.HasDue);
    }

    [Test]
    public async Task Reports_beyond_those_that_may_wait_are_counted_and_logged()
    {
        FakeLogger logger = new();
        Recorder failing = new() { OnReport = static (_, _) => throw new InvalidOperationException("the database is away") };
        using DriftMonitor<Ride> monitor = New(logger, failing);
        for (int i = 0; i < Outbox<DriftReport>.Capacity + 3; i++)
            await monitor.EvaluateAsync();

        Assert.That(monitor.Status.LostReports, Is.EqualTo(3));
        Assert.That(logger.Collector.GetSnapshot().Count(static r => r.Id.Id == 4018), Is.EqualTo(3));
    }

    [Test]
    public async Task An_observer_that_hangs_is_given_its_time_and_left_alone_until_its_call_ends()
    {
        TaskCompletionSource call = new();
        int calls = 0;
        Recorder hanging = new()
        {
            OnAlert = _ => ++calls == 1 ? call.Task : Task.CompletedTask,
        };
        Recorder steady = new();
        using DriftMonitor<Ride> monitor = New(static options => options.ObserverTimeout = TimeSpan.FromSeconds(7), hanging, steady);
        Task step = StepAsync(monitor, 1, 0, wait: TimeSpan.Zero);
        await UntilAsync(() => steady.Reports.Count == 1 && calls == 1);
        Assert.That(step.IsCompleted, Is.False);
        Assert.That(steady.Alerts, Has.Count.EqualTo(1), "it waits for nobody");
        _time.Advance(TimeSpan.FromSeconds(7) - TimeSpan.FromTicks(1));
        await Task.Delay(20);
        Assert.That(step.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromTicks(1));
        await step.WaitAsync(TimeSpan.FromSeconds(20));

        await StepAsync(monitor, 1, 1);
        Assert.That((calls, hanging.Reports.Count, steady.Reports.Count, monitor.Status.HasUndelivered, monitor.HasDue), Is.EqualTo((1, 0, 2, true, false)));
        call.SetResult();
        await UntilAsync(() => monitor.HasDue);
        await StepAsync(monitor, 1, 2);
        Assert.That((calls, hanging.Alerts.Count, hanging.Reports.Count), Is.EqualTo((2, 2, 3)), "what took too long is told again");
        Assert.That(hanging.Alerts.Select(static a => a.Id).Distinct().ToArray(), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_reader_hears_of_what_is_raised_between_its_call_and_its_loop()
    {
        DriftMonitor<Ride> monitor = New();
        IAsyncEnumerable<DriftAlert> alerts = monitor.ReadAlertsAsync();
        await StepAsync(monitor, 1, 0);
        monitor.Dispose();

        Assert.That(await ReadAsync(alerts), Has.Count.EqualTo(1));
        Assert.That(await ReadAsync(alerts), Is.Empty, "a second loop ends at once");
        Assert.That(await ReadAsync(monitor.ReadAlertsAsync()), Is.Empty);
    }

    [Test]
    public async Task Alerts_that_a_reader_was_too_slow_for_are_counted_and_logged_once()
    {
        FakeLogger logger = new();
        AlertHub hub = new(new DriftMonitorServices { Logger = logger }, "rides", TimeSpan.FromSeconds(1));
        IAsyncEnumerable<DriftAlert> slow = hub.ReadAsync(CancellationToken.None);
        for (int i = 0; i < 259; i++)
            hub.Publish(Alert(i));
        hub.Complete();

        Assert.That((await ReadAsync(slow)).Select(static a => a.Occurrence), Is.EqualTo(Enumerable.Range(3, 256)));
        Assert.That(hub.MissedAlerts, Is.EqualTo(3));
        Assert.That(logger.Collector.GetSnapshot().Count(static r => r.Id.Id == 4019), Is.EqualTo(1));
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
    public async Task After_a_day_of_failures_an_alert_is_given_up_and_the_next_one_told()
    {
        FakeLogger logger = new();
        Recorder failing = new() { Failures = 2 };
        using DriftMonitor<Ride> monitor = New(logger, failing);
        await StepAsync(monitor, 1, 0, wait: TimeSpan.FromDays(1));
        await StepAsync(monitor, 1, 1);
        Assert.That((failing.Calls, monitor.Status.LostAlerts, monitor.Status.HasUndelivered), Is.EqualTo((2, 1L, false)));
        await StepAsync(monitor, 0, 2);

        Assert.That((failing.Calls, failing.Alerts.Count), Is.EqualTo((3, 1)));
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

    private DriftMonitor<Ride> New(params IDriftObserver[] observers) => New(static _ => { }, observers);

    private DriftMonitor<Ride> New(FakeLogger logger, params IDriftObserver[] observers) => New(static _ => { }, new DriftMonitorServices { Logger = logger, Observers = observers, TimeProvider = _time });

    private DriftMonitor<Ride> New(Action<DriftMonitorOptions> configure, params IDriftObserver[] observers) => New(configure, new DriftMonitorServices { Observers = observers, TimeProvider = _time });

    private DriftMonitor<Ride> New(Action<DriftMonitorOptions> configure, DriftMonitorServices services)
    {
        DriftMonitorOptions options = new() { WindowRows = 300, DataAlerts = { Confirmations = 1, ClearAfter = 1 } };
        configure(options);
        DriftMonitor<Ride> monitor = new("rides", Ride.Schema, options, services);
        monitor.Activate("v1", Reference);
        return monitor;
    }

    private static DriftAlert Alert(int occurrence) => new()
    {
        Id = "rides/data/v1/1",
        Monitor = "rides",
        ModelVersion = "v1",
        Kind = AlertKind.Data,
        Change = AlertChange.Repeated,
        Occurrence = occurrence,
        Severity = AlertSeverity.Warning,
        At = Start,
        Reason = "drift",
    };

    private static async Task<List<DriftAlert>> ReadAsync(IAsyncEnumerable<DriftAlert> alerts)
    {
        List<DriftAlert> read = [];
        await foreach (DriftAlert alert in alerts)
            read.Add(alert);
        return read;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 2_000 && !condition(); i++)
            await Task.Delay(5);
        Assert.That(condition());
    }

    private async Task StepAsync(DriftMonitor<Ride> monitor, double shift, int step, TimeSpan? wait = null)
    {
        foreach (Ride ride in new Draws(100 + step).Rides(300, shift, Start.AddHours(1_000 * step), $"s{step}-"))
            monitor.Observe(ride);
        await monitor.EvaluateAsync();
        _time.Advance(wait ?? TimeSpan.FromMinutes(5));
    }

    private sealed class Recorder : IDriftObserver
    {
        public List<DriftAlert> Alerts { get; } = [];

        public List<DriftReport> Reports { get; } = [];

        /// <summary>Calls with an alert that fail before one succeeds.</summary>
        public int Failures { get; set; }

        public int Calls { get; private set; }

        public Func<DriftReport, CancellationToken, Task> OnReport { get; init; } = static (_, _) => Task.CompletedTask;

        public Func<DriftAlert, Task> OnAlert { get; init; } = static _ => Task.CompletedTask;

        public async ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
            if (++Calls <= Failures)
                throw new InvalidOperationException("the database is away");
            await OnAlert(alert);
            Alerts.Add(alert);
        }

        public async ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default)
        {
            await OnReport(report, cancellationToken);
            Reports.Add(report);
        }
    }
}
