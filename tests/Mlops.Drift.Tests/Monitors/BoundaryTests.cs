namespace Mlops.Drift.Tests;

/// <summary>Where windows, waits and limits begin and end.</summary>
internal sealed class BoundaryTests
{
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(4_000));

    [TestCase(40, 0)]
    [TestCase(50, 1)]
    public async Task Four_closed_windows_wait_for_an_evaluation_and_older_ones_are_missed(int rows, int missed)
    {
        Recorder recorder = new();
        using DriftMonitor<Ride> monitor = New(static options => (options.WindowRows, options.WindowKind) = (10, WindowKind.Tumbling), recorder);
        foreach (Ride ride in new Draws(2).Rides(rows))
            monitor.Observe(ride);
        await monitor.EvaluateAsync();

        Assert.That(monitor.Status.MissedWindows, Is.EqualTo(missed));
        Assert.That(recorder.Reports.Select(static report => report.Rows), Is.EqualTo(new[] { 10L, 10L, 10L, 10L }));
    }

    [Test]
    public void An_error_baseline_needs_a_prediction_to_take_errors_from()
    {
        DriftSchema<Ride> schema = DriftSchema.For<Ride>(static s => s.Numeric(static r => r.Distance));
        using var monitor = new DriftMonitor<Ride>("rides", schema, new DriftMonitorOptions(), new DriftMonitorServices());

        Assert.That(() => monitor.Activate("v1", errorBaseline: ErrorBaseline.FromErrors([1, 2, 3])), Throws.ArgumentException.With.Message.Contains("Prediction(...)"));
        Assert.That(monitor.Status.ModelVersion, Is.Null, "nothing was activated");
    }

    [Test]
    public async Task A_window_of_ten_hours_holds_ten_of_the_hourly_rows()
    {
        using DriftMonitor<Ride> monitor = New(static options => options.WindowTime = TimeSpan.FromHours(10));
        foreach (Ride ride in new Draws(2).Rides(20))
            monitor.Observe(ride);

        Assert.That((await monitor.EvaluateAsync()).Rows, Is.EqualTo(10));
    }

    [TestCase(0, new[] { 0, 1, 2 })]
    [TestCase(1, new[] { 0, 1, 3 })]
    public async Task A_cool_down_ends_when_its_time_has_passed(int moreSeconds, int[] steps)
    {
        List<int> changes = await StepsAsync(rule => rule.CoolDown = TimeSpan.FromHours(1_000) + TimeSpan.FromSeconds(moreSeconds), 1, 0, 1, 1);

        Assert.That(changes, Is.EqualTo(steps), "raised, cleared, and raised again");
    }

    [TestCase(0, new[] { 0, 1, 2, 3 })]
    [TestCase(1, new[] { 0, 2 })]
    public async Task A_standing_alert_is_repeated_when_its_time_has_passed(int moreSeconds, int[] steps)
    {
        List<int> changes = await StepsAsync(rule => rule.RepeatAfter = TimeSpan.FromHours(1_000) + TimeSpan.FromSeconds(moreSeconds), 1, 1, 1, 1);

        Assert.That(changes, Is.EqualTo(steps));
    }

    [Test]
    public async Task The_latest_four_versions_are_kept()
    {
        Recorder recorder = new();
        using DriftMonitor<Ride> monitor = New(static _ => { }, recorder);
        foreach ((int i, Ride ride) in new Draws(2).Rides(5).Index())
        {
            monitor.Activate($"v{i + 1}", Reference);
            monitor.Observe(ride);
        }

        await monitor.EvaluateAsync();

        Assert.That(recorder.Reports.Select(static report => report.ModelVersion), Is.EqualTo(new[] { "v2", "v3", "v4", "v5" }));
    }

    [TestCase(48, 1)]
    [TestCase(49, 0)]
    public async Task A_replaced_version_takes_labels_until_the_longest_delay_is_over(int hours, int joined)
    {
        using DriftMonitor<Ride> monitor = New(static options => options.MaximumLabelDelay = TimeSpan.FromHours(48));
        List<Ride> rides = new Draws(2).Rides(50);
        monitor.Activate("v1", Reference);
        monitor.Observe(rides[0]);
        monitor.Activate("v2", Reference);
        monitor.Observe(rides[hours]);
        monitor.ObserveLabel(rides[0].Id, 1);
        monitor.Activate("v1", Reference);

        Assert.That((await monitor.EvaluateAsync()).Error!.Rows, Is.EqualTo(joined));
    }

    /// <summary>An evaluation every thousand hours; answers those that told something of an alert.</summary>
    private static async Task<List<int>> StepsAsync(Action<AlertRule> configure, params double[] shifts)
    {
        Recorder recorder = new();
        using DriftMonitor<Ride> monitor = New(
            options =>
            {
                (options.WindowRows, options.DataAlerts.Confirmations, options.DataAlerts.ClearAfter) = (300, 1, 1);
                configure(options.DataAlerts);
            },
            recorder);
        monitor.Activate("v1", Reference);
        List<int> steps = [];
        foreach ((int step, double shift) in shifts.Index())
        {
            foreach (Ride ride in new Draws(100 + step).Rides(300, shift, Start.AddHours(1_000 * step), $"s{step}-"))
                monitor.Observe(ride);
            int before = recorder.Alerts.Count;
            await monitor.EvaluateAsync();
            if (recorder.Alerts.Count > before)
                steps.Add(step);
        }

        return steps;
    }

    private static DriftMonitor<Ride> New(Action<DriftMonitorOptions> configure, params IDriftObserver[] observers)
    {
        DriftMonitorOptions options = new();
        configure(options);
        return new DriftMonitor<Ride>("rides", Ride.Schema, options, new DriftMonitorServices { Observers = observers });
    }

    private sealed class Recorder : IDriftObserver
    {
        public List<DriftAlert> Alerts { get; } = [];

        public List<DriftReport> Reports { get; } = [];

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
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
