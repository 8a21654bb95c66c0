using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Drift.Tests;

internal sealed class MonitorTests
{
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(4_000));
    private static readonly ErrorBaseline Baseline = ErrorBaseline.FromErrors([.. new Draws(2).Normals(1_000).Select(Math.Abs)]);

    [Test]
    public async Task Drift_is_alarmed_after_its_confirmations_and_cleared_after_calm_evaluations()
    {
        using DriftMonitor<Ride> monitor = New(options => options.WindowRows = 300);
        monitor.Activate("v1", Reference);
        List<DriftAlert> alerts = Listen(monitor);
        List<int> counts = [];
        foreach (double shift in (double[])[0, 1, 0, 1, 1, 1, 0, 1, 0, 0, 0])
            counts.Add(await StepAsync(monitor, shift, counts.Count, alerts));

        Assert.That(counts, Is.EqualTo(new[] { 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2 }), "two confirmations raise, two calm evaluations clear");
        const string id = "rides/data/v1/20240628T030000Z";
        Assert.That(alerts.Select(a => (a.Id, a.Kind, a.Change)), Is.EqualTo(new[]
        {
            (id, AlertKind.Data, AlertChange.Raised), (id, AlertKind.Data, AlertChange.Cleared),
        }));
        Assert.That(alerts[0].Features, Does.Contain("Distance"));
    }

    [Test]
    public async Task An_alert_that_stands_is_repeated_after_its_time_also_by_a_restored_monitor()
    {
        static void Configure(DriftMonitorOptions options)
        {
            options.WindowRows = 300;
            options.DataAlerts.Confirmations = 1;
            options.DataAlerts.RepeatAfter = TimeSpan.FromHours(1_900);
        }

        using DriftMonitor<Ride> monitor = New(Configure);
        monitor.Activate("v1", Reference);
        List<DriftAlert> alerts = Listen(monitor);
        for (int step = 0; step < 4; step++)
            await StepAsync(monitor, 1, step, alerts);
        using DriftMonitor<Ride> restored = New(Configure);
        restored.Activate("v1", Reference);
        List<DriftAlert> later = Listen(restored);
        restored.RestoreState(monitor.SaveState());
        await StepAsync(restored, 1, 4, later);
        for (int step = 5; step < 7; step++)
            await StepAsync(restored, 0, step, later);

        const string id = "rides/data/v1/20240113T110000Z";
        Assert.That(alerts.Concat(later).Select(a => (a.Id, a.Change, a.Occurrence)), Is.EqualTo(new[]
        {
            (id, AlertChange.Raised, 1), (id, AlertChange.Repeated, 2), (id, AlertChange.Repeated, 3),
            (id, AlertChange.Cleared, 3),
        }));
    }

    [Test]
    public async Task An_error_is_not_judged_before_its_least_number_of_labels()
    {
        using DriftMonitor<Ride> monitor = New(options => options.ErrorThresholds.MinimumRows = 100);
        monitor.Activate("v1", Reference, Baseline);
        List<DriftVerdict> verdicts = [];
        foreach (Ride ride in new Draws(50).Rides(101, start: Start(0), error: 5))
        {
            monitor.Observe(ride);
            monitor.ObserveLabel(ride.Id, ride.Distance);
            verdicts.Add((await monitor.EvaluateAsync()).Error!.Verdict);
        }

        Assert.That(verdicts.Take(99), Is.All.EqualTo(DriftVerdict.Undecided));
        Assert.That(verdicts.Skip(99), Is.All.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public async Task Another_model_version_clears_the_alarm_and_starts_its_own_windows()
    {
        using DriftMonitor<Ride> monitor = New(options =>
        {
            options.WindowRows = 300;
            options.DataAlerts.Confirmations = 1;
        });
        monitor.Activate("v1", Reference);
        List<DriftAlert> alerts = Listen(monitor);
        await StepAsync(monitor, 1, 0, alerts);
        Assert.That(monitor.Status.ActiveAlerts, Is.EqualTo(new[] { AlertKind.Data }));

        monitor.Activate("v2", ReferenceProfile.Build(Ride.Schema, new Draws(9).Rides(4_000, shift: 1)));
        await StepAsync(monitor, 1, 1, alerts);

        Assert.That(monitor.Status.ActiveAlerts, Is.Empty);
        Assert.That(alerts.Select(a => (a.ModelVersion, a.Change)), Is.EqualTo(new[] { ("v1", AlertChange.Raised), ("v1", AlertChange.Cleared) }));
        Assert.That(monitor.Status.LastReport!.Rows, Is.EqualTo(300), "rows of v1 are not rows of v2");
        Assert.That(monitor.Status.LastReport.ModelVersion, Is.EqualTo("v2"));
    }

    [Test]
    public async Task A_growing_error_is_alarmed_and_judged_against_its_own_version()
    {
        using DriftMonitor<Ride> monitor = New(options => options.ErrorWindowRows = 200);
        monitor.Activate("v1", Reference, Baseline);
        List<DriftAlert> alerts = Listen(monitor);
        for (int step = 0; step < 3; step++)
        {
            foreach (Ride ride in new Draws(50 + step).Rides(200, idPrefix: $"s{step}-", start: Start(step), error: step == 0 ? 1 : 2))
            {
                monitor.Observe(ride);
                monitor.ObserveLabel(ride.Id, ride.Distance);
            }

            await monitor.EvaluateAsync();
        }

        ErrorDrift error = monitor.Status.LastReport!.Error!;
        Assert.That(error.Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(error.Effect, Is.InRange(0.8, 1.2));
        Assert.That(alerts.Where(a => a.Kind == AlertKind.Error).Select(a => a.Severity), Is.EqualTo(new[] { AlertSeverity.Critical }));

        monitor.Activate("v2", Reference, Baseline);
        DriftReport fresh = await monitor.EvaluateAsync();
        Assert.That(fresh.Error!.Rows, Is.Zero);
        Assert.That(monitor.Status.ActiveAlerts, Is.Empty);
    }

    [Test]
    public async Task Labels_join_late_and_early_and_the_others_are_counted_apart()
    {
        using DriftMonitor<Ride> monitor = New(options => options.MaximumLabelDelay = TimeSpan.FromDays(2));
        monitor.Activate("v1", Reference, Baseline);
        List<Ride> rides = new Draws(3).Rides(100);

        monitor.ObserveLabel("r5", 1);
        foreach (Ride ride in rides)
            monitor.Observe(ride);
        monitor.ObserveLabel("r99", 2);
        monitor.ObserveLabel("r99", 3);
        monitor.ObserveLabel("r0", 4);
        monitor.ObserveLabel("nobody", 5);
        monitor.ObserveLabel("r98", double.NaN);
        monitor.Observe(rides[50]);
        DriftReport report = await monitor.EvaluateAsync();

        LabelCounts labels = report.Labels!;
        Assert.That((labels.Joined, labels.Early, labels.Duplicate, labels.Expired, labels.Unknown, labels.Invalid), Is.EqualTo((2, 1, 1, 1, 1, 1)));
        Assert.That((labels.DuplicatePredictions, labels.PredictionsExpired), Is.EqualTo((1, 50)), "100 hours, two days of patience, one early label");
        Assert.That(report.Error!.Rows, Is.EqualTo(2));
        Assert.That(report.Rows, Is.EqualTo(100), "a repeated prediction counts once");
    }

    [Test]
    public void Predictions_beyond_the_limit_are_sampled_by_their_key()
    {
        using DriftMonitor<Ride> monitor = New(options => (options.MaximumPendingPredictions, options.MaximumLabelDelay) = (100, TimeSpan.FromDays(365)));
        List<Ride> rides = new Draws(3).Rides(1_000);
        foreach (Ride ride in rides)
            monitor.Observe(ride);
        foreach (Ride ride in rides)
            monitor.ObserveLabel(ride.Id, 0);

        LabelCounts labels = monitor.Status.Labels;

        Assert.That(labels.KeptShare, Is.LessThanOrEqualTo(1.0 / 8));
        Assert.That(labels.Joined, Is.InRange(1, 100));
        Assert.That(labels.Joined + labels.Unsampled, Is.EqualTo(1_000));
    }

    [Test]
    public async Task A_restored_monitor_goes_on_bit_for_bit_wherever_it_was_split()
    {
        List<Ride> rides = new Draws(4).Rides(700, start: Start(0));
        List<string> whole = [];
        using (DriftMonitor<Ride> monitor = Resumable())
            await RunAsync(monitor, rides, 0, rides.Count, whole);

        foreach (int split in (int[])[0, 1, 63, 64, 256, 257, 333, 500, 699])
        {
            List<string> parts = [];
            using DriftMonitor<Ride> first = Resumable();
            await RunAsync(first, rides, 0, split, parts);
            using DriftMonitor<Ride> second = New(Configure);
            second.RestoreState(first.SaveState(), version => version == "v1" ? new ServedReference(Reference) : null);
            await RunAsync(second, rides, split, rides.Count, parts);
            Assert.That(parts, Is.EqualTo(whole), $"split at {split}");
        }

        DriftMonitor<Ride> Resumable()
        {
            DriftMonitor<Ride> monitor = New(Configure);
            monitor.Activate("v1", Reference, Baseline);
            return monitor;
        }

        static void Configure(DriftMonitorOptions options) => (options.WindowRows, options.ErrorWindowRows) = (200, 100);
    }

    [Test]
    public void A_damaged_state_changes_nothing()
    {
        using DriftMonitor<Ride> monitor = New(_ => { });
        foreach (Ride ride in new Draws(5).Rides(50))
            monitor.Observe(ride);
        byte[] state = monitor.SaveState();
        state[40] ^= 1;

        Assert.Throws<DriftFormatException>(() => monitor.RestoreState(state));
        Assert.Throws<DriftFormatException>(() => monitor.RestoreState([]));
        Assert.That(monitor.Status.Rows, Is.EqualTo(50));
    }

    [Test]
    public async Task The_golden_state_still_restores_and_its_bytes_are_unchanged()
    {
        // Two versions, an alarm of the first, windows, predictions that wait for labels, and errors.
        DateTimeOffset start = Start(0);
        List<Ride> rides = new Draws(11).Rides(300, start: start);
        using DriftMonitor<Ride> monitor = Golden();
        monitor.Activate("v1", Reference, Baseline);
        await RunAsync(monitor, [.. rides.Select(static ride => ride with { Distance = ride.Distance + 2 })], 0, 200, []);
        monitor.Activate("v2", Reference, Baseline);
        await RunAsync(monitor, rides, 200, 300, []);
        byte[] state = monitor.SaveState();

        if (Environment.GetEnvironmentVariable("MLOPS_WRITE_GOLDEN") is { } folder)
            File.WriteAllBytes(Path.Combine(folder, "monitor-state-v4.bin"), state);
        byte[] golden = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "monitor-state-v4.bin"));
        using DriftMonitor<Ride> restored = Golden();
        restored.RestoreState(golden, static _ => new ServedReference(Reference));

        Assert.That(state, Is.EqualTo(golden));
        Assert.That(restored.SaveState(), Is.EqualTo(golden));
        Assert.That((restored.Status.ModelVersion, restored.Status.Rows, restored.Status.Labels.Pending), Is.EqualTo(("v2", 300L, 24L)));

        static DriftMonitor<Ride> Golden() => New(static options =>
            (options.WindowRows, options.ErrorWindowRows, options.DataAlerts.Confirmations) = (100, 50, 1));
    }

    [TestCase(99, "Update")]
    [TestCase(1, "Discard")]
    public void A_state_of_another_format_version_is_refused_and_the_remedy_named(int version, string remedy)
    {
        using DriftMonitor<Ride> monitor = New(static _ => { });
        byte[] state = monitor.SaveState();
        state[4] = (byte)version;

        Assert.That(() => monitor.RestoreState(state), Throws.TypeOf<DriftFormatException>().With.Message.Contains($"version {version}").And.Message.Contains(remedy));
    }

    [Test]
    public void A_selector_that_throws_costs_its_row_and_is_logged_once()
    {
        FakeLogger logger = new();
        DriftSchema<Ride> schema = DriftSchema.For<Ride>(s => s.Numeric(r => r.Id == "r1" ? throw new InvalidOperationException("no") : r.Distance, "fragile"));
        using DriftMonitor<Ride> monitor = new("rides", schema, services: new() { Logger = logger });

        foreach (Ride ride in (Ride[])[.. new Draws(6).Rides(3), .. new Draws(6).Rides(3)])
            Assert.DoesNotThrow(() => monitor.Observe(ride));

        Assert.That((monitor.Status.Rows, monitor.Status.FailedRows), Is.EqualTo((4, 2)));
        Assert.That(logger.Collector.GetSnapshot().Count(r => r.Id.Id == 4001), Is.EqualTo(1));
        Assert.That(logger.LatestRecord.Message, Does.Contain("fragile").And.Contain("InvalidOperationException"));
        Assert.That(logger.LatestRecord.Exception, Is.Null, "its message may hold a value");
    }

    [Test]
    public void Rows_that_do_not_fit_the_schema_are_counted()
    {
        using DriftMonitor monitor = new("spans", DriftSchema.Create(s => s.Numeric("x").Categorical("c")));

        monitor.Observe([1.0, 2.0], ["a"]);
        monitor.Observe([1.0], ["a"]);

        Assert.That((monitor.Status.Rows, monitor.Status.MalformedRows), Is.EqualTo((1, 1)));
    }

    [Test]
    public void A_full_buffer_drops_counts_and_loses_nothing_else()
    {
        ObservationBuffer buffer = new(DriftSchema.Create(s => s.Numeric("x")), 512);
        for (int i = 0; i < 1_000; i++)
            buffer.Add([i], [], new RowFacts());

        int kept = 0;
        while (buffer.Take(onlyFull: false) is { } block)
        {
            for (int row = 0; row < block.RowCount; row++)
                Assert.That(block.Numbers(row)[0], Is.EqualTo(kept++));
            buffer.Return(block);
        }

        Assert.That((kept, buffer.DroppedRows), Is.EqualTo((512, 488L)));
    }

    [Test]
    public void Observing_allocates_nothing()
    {
        DriftSchema<Ride> schema = DriftSchema.For<Ride>(s => s.Timestamp(r => r.At).Numeric(r => r.Distance).Numeric(r => r.Tip).Categorical(r => r.Zone).Categorical(r => r.Weekday));
        using DriftMonitor<Ride> monitor = new("rides", schema, new() { WindowRows = 1_000 });
        Ride[] rides = [.. new Draws(8).Rides(4_000)];
        foreach (Ride ride in rides.AsSpan(0, 3_000))
            monitor.Observe(ride);

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Ride ride in rides.AsSpan(3_000))
            monitor.Observe(ride);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public async Task Many_threads_lose_no_row()
    {
        using DriftMonitor monitor = new("threads", DriftSchema.Create(s => s.Numeric("x")), new() { MaximumBufferedRows = 1 << 20 });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 20_000; i++)
                monitor.Observe([i]);
        })));

        Assert.That(monitor.Status.Rows + monitor.Status.DroppedRows, Is.EqualTo(80_000));
        Assert.That(monitor.Status.DroppedRows, Is.Zero);
    }

    [Test]
    public async Task Tumbling_windows_are_judged_once_each()
    {
        using DriftMonitor<Ride> monitor = New(options => (options.WindowRows, options.WindowKind) = (100, WindowKind.Tumbling));
        monitor.Activate("v1", Reference);
        Recorder recorder = new();
        monitor.AddObserver(recorder);
        foreach (Ride ride in new Draws(10).Rides(250))
            monitor.Observe(ride);

        DriftReport last = await monitor.EvaluateAsync();
        DriftReport open = await monitor.EvaluateAsync();

        Assert.That(recorder.Reports.Select(r => (r.Rows, r.Partial)), Is.EqualTo(new[] { (100L, false), (100L, false), (50L, true) }));
        Assert.That((last.Partial, open.Partial), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task Late_labels_of_a_replaced_version_are_no_news()
    {
        using DriftMonitor<Ride> monitor = New(static options => options.WindowRows = 100);
        monitor.Activate("v1", Reference, Baseline);
        List<Ride> rides = new Draws(12).Rides(100);
        foreach (Ride ride in rides)
            monitor.Observe(ride);
        Assert.That(monitor.HasNews);
        await monitor.EvaluateAsync();
        monitor.Activate("v2", Reference, Baseline);
        Assert.That(monitor.HasNews, "the predecessor's window has ended");
        await monitor.EvaluateAsync();
        monitor.ObserveLabel(rides[0].Id, rides[0].Distance);

        Assert.That(monitor.HasNews, Is.False);
        Assert.That(monitor.Status.Labels.Joined, Is.EqualTo(1));
    }

    [Test]
    public async Task Rows_of_a_version_that_is_not_live_are_no_news()
    {
        using DriftMonitor monitor = new("spans", DriftSchema.Create(static s => s.Numeric("x")));
        monitor.Activate("v1");
        monitor.Observe([1], modelVersion: "canary");
        await monitor.EvaluateAsync();

        Assert.That(monitor.HasNews, Is.False);
    }

    [Test]
    public async Task Fewer_new_rows_than_the_least_number_are_no_news_but_a_label_is()
    {
        using DriftMonitor<Ride> monitor = New(static options => options.MinimumNewRows = 10);
        monitor.Activate("v1", Reference, Baseline);
        List<Ride> rides = new Draws(13).Rides(21);
        foreach (Ride ride in rides[..9])
            monitor.Observe(ride);
        Assert.That(monitor.HasNews, Is.False);
        monitor.Observe(rides[9]);
        Assert.That(monitor.HasNews);
        await monitor.EvaluateAsync();
        foreach (Ride ride in rides[10..15])
            monitor.Observe(ride);
        Assert.That(monitor.HasNews, Is.False);
        monitor.ObserveLabel(rides[14].Id, rides[14].Distance);
        Assert.That(monitor.HasNews);
        await monitor.EvaluateAsync();

        Assert.That(monitor.HasNews, Is.False);
    }

    [Test]
    public async Task A_version_without_reference_is_undecided_until_a_source_knows_it()
    {
        FakeTimeProvider time = new();
        Source source = new();
        using DriftMonitor<Ride> monitor = new("rides", Ride.Schema, services: new() { TimeProvider = time, References = source });
        monitor.Activate("v1");
        foreach (Ride ride in new Draws(11).Rides(100))
            monitor.Observe(ride);

        DriftReport without = await monitor.EvaluateAsync();
        source.Known = new ServedReference(Reference, Baseline);
        DriftReport with = await monitor.EvaluateAsync();

        Assert.That((without.HasReference, without.Verdict), Is.EqualTo((false, DriftVerdict.Undecided)));
        Assert.That(with.HasReference);
        Assert.That(with.Error!.BaselineMean, Is.EqualTo(Baseline.Mean));
    }

    [Test]
    public async Task An_observer_that_throws_hurts_nobody_else()
    {
        using DriftMonitor<Ride> monitor = New(_ => { });
        monitor.AddObserver(new Thrower());
        Recorder recorder = new();
        monitor.AddObserver(recorder);

        await monitor.EvaluateAsync();

        Assert.That(recorder.Reports, Has.Count.EqualTo(1));
    }

    private static DateTimeOffset Start(int step) => new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(1_000 * step);

    private static DriftMonitor<Ride> New(Action<DriftMonitorOptions> configure)
    {
        DriftMonitorOptions options = new();
        configure(options);
        return new DriftMonitor<Ride>("rides", Ride.Schema, options);
    }

    private static List<DriftAlert> Listen(DriftMonitor monitor)
    {
        Recorder recorder = new();
        monitor.AddObserver(recorder);
        return recorder.Alerts;
    }

    private static async Task<int> StepAsync(DriftMonitor<Ride> monitor, double shift, int step, List<DriftAlert> alerts)
    {
        foreach (Ride ride in new Draws(100 + step).Rides(300, shift, Start(step), $"s{step}-"))
            monitor.Observe(ride);
        await monitor.EvaluateAsync();
        return alerts.Count;
    }

    /// <summary>Rows, labels one day later, and an evaluation every 50 rows.</summary>
    private static async Task RunAsync(DriftMonitor<Ride> monitor, List<Ride> rides, int from, int to, List<string> reports)
    {
        for (int i = from; i < to; i++)
        {
            monitor.Observe(rides[i] with { Distance = rides[i].Distance + (i > 400 ? 1 : 0) });
            if (i >= 24)
                monitor.ObserveLabel(rides[i - 24].Id, rides[i - 24].Distance);
            if (i % 50 == 49)
                reports.Add((await monitor.EvaluateAsync()).ToJson());
        }
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

    private sealed class Thrower : IDriftObserver
    {
        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) => throw new InvalidOperationException("no");

        public ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default) => throw new InvalidOperationException("no");
    }

    private sealed class Source : IReferenceSource
    {
        public ServedReference? Known { get; set; }

        public ValueTask<ServedReference?> FindAsync(string monitor, string modelVersion, CancellationToken cancellationToken = default) => new(Known);
    }
}
