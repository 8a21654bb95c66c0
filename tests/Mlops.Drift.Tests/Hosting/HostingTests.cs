using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Drift.Tests;

internal sealed class HostingTests
{
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(2_000));

    private string _folder = "";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("mlops-drift").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_monitor_works_in_a_host_without_any_storage()
    {
        using IHost host = Build(storage: false);
        await host.StartAsync();
        DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        foreach (Ride ride in new Draws(2).Rides(400, shift: 2))
            monitor.Observe(ride);
        await monitor.EvaluateAsync();

        HealthReport health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.That(host.Services.GetRequiredKeyedService<DriftMonitor>("rides"), Is.SameAs(monitor));
        Assert.That(health.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(health.Entries["mlops.drift"].Description, Does.Contain("rides: data drift"));
        Assert.That(monitor.Status.LastReport!.Rows, Is.EqualTo(250), "the window of the configuration");
        await host.StopAsync();
    }

    [Test]
    public async Task A_restarted_host_goes_on_where_it_stopped()
    {
        DateTimeOffset? raised;
        using (IHost host = Build(storage: true))
        {
            await host.StartAsync();
            DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
            foreach (Ride ride in new Draws(2).Rides(400, shift: 2))
                monitor.Observe(ride);
            raised = (await monitor.EvaluateAsync()).EvaluatedAt;
            await host.StopAsync();
        }

        using IHost again = Build(storage: true);
        await again.StartAsync();
        MonitorStatus status = again.Services.GetRequiredKeyedService<DriftMonitor>("rides").Status;
        DriftStore store = again.Services.GetRequiredService<DriftStore>();

        Assert.That((status.Rows, status.ModelVersion, status.HasReference), Is.EqualTo((400, "v1", true)));
        Assert.That(status.ActiveAlerts, Is.EqualTo(new[] { AlertKind.Data }));
        Assert.That((await store.ListReportsAsync("rides")).Select(r => r.Report.Verdict), Is.EqualTo(new[] { DriftVerdict.Drift }));
        Assert.That((await store.ListAlertsAsync("rides")).Select(a => (a.Alert.Id, a.Alert.At, a.ClearedAt)), Is.EqualTo(new[] { ("rides/data/v1/20240117T150000Z", raised!.Value, (DateTimeOffset?)null) }));
        await again.StopAsync();
    }

    [Test]
    public async Task An_alarm_of_a_monitor_that_has_lost_its_state_is_another_alarm()
    {
        DateTimeOffset start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (int life = 0; life < 2; life++)
        {
            using IHost host = Build(storage: true);
            await host.StartAsync();
            DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
            Assert.That(monitor.Status.Rows, Is.Zero, "the state is of no use");
            foreach (Ride ride in new Draws(2).Rides(400, shift: 2, start.AddDays(30 * life)))
                monitor.Observe(ride);
            await monitor.EvaluateAsync();
            await host.StopAsync();
            await using SqliteDatabase database = new($"Data Source={Path.Combine(_folder, "drift.db")}");
            await new DriftStore(database).SaveStateAsync("rides", [1, 2, 3]);
        }

        using IHost last = Build(storage: true);
        IReadOnlyList<StoredAlert> stored = await last.Services.GetRequiredService<DriftStore>().ListAlertsAsync("rides");
        Assert.That(stored.Select(static s => s.Alert.Id), Is.Unique.And.Exactly(2).Items);
    }

    [Test]
    public async Task A_hosted_monitor_tells_an_alert_again_without_judging_again()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2024, 4, 1, 0, 0, 0, TimeSpan.Zero));
        Refusing refusing = new(times: 2);
        using IHost host = Build(
            storage: true,
            static m => m.Configure(static options => (options.EvaluationInterval, options.ObserverTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
            services => services.AddSingleton<TimeProvider>(time).AddSingleton<IDriftObserver>(refusing));
        await host.StartAsync();
        DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        foreach (Ride ride in new Draws(2).Rides(400, shift: 2))
            monitor.Observe(ride);
        for (int tick = 0; tick < 1_000 && refusing.Calls < 3; tick++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.That(refusing.Calls, Is.EqualTo(3));
        await host.StopAsync();
        using IHost again = Build(storage: true);
        Assert.That(await again.Services.GetRequiredService<DriftStore>().ListReportsAsync("rides"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_stop_amid_an_evaluation_loses_no_window_s_report()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2024, 4, 1, 0, 0, 0, TimeSpan.Zero));
        Waiting waiting = new();
        using (IHost host = Build(
            storage: true,
            static m => m.Window(rows: 100, WindowKind.Tumbling).Configure(static options => (options.EvaluationInterval, options.ObserverTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
            services => services.AddSingleton<TimeProvider>(time).AddSingleton<IDriftObserver>(waiting)))
        {
            await host.StartAsync();
            DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
            foreach (Ride ride in new Draws(2).Rides(250, shift: 2))
                monitor.Observe(ride);
            for (int tick = 0; tick < 1_000 && !waiting.Called.IsCompleted; tick++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(10);
            }

            Assert.That(waiting.Called.IsCompleted);
            await host.StopAsync();
        }

        using IHost again = Build(storage: true);
        DriftStore store = again.Services.GetRequiredService<DriftStore>();
        Assert.That((await store.ListReportsAsync("rides")).Select(static r => r.Report.Rows), Is.EqualTo(new[] { 100L, 100L }));
        Assert.That(await store.ListAlertsAsync("rides"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_stop_while_an_observer_hangs_stores_every_monitor_s_reports()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2024, 4, 1, 0, 0, 0, TimeSpan.Zero));
        Hanging hanging = new();
        string[] names = ["rides", "trips"];
        using (IHost host = Build(
            storage: true,
            static m => m.Configure(static options => (options.EvaluationInterval, options.ObserverTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
            services =>
            {
                services.AddSingleton<TimeProvider>(time).AddSingleton<IDriftObserver>(hanging).Configure<HostOptions>(static options => options.ShutdownTimeout = TimeSpan.FromMinutes(1));
                services.AddMlopsDrift().AddMonitor("trips", Ride.Schema, static m => m.Reference("v1", Reference).Configure(static options => (options.EvaluationInterval, options.WindowRows) = (TimeSpan.FromSeconds(1), 250)));
            }))
        {
            await host.StartAsync();
            DriftMonitor<Ride>[] monitors = Array.ConvertAll(names, name => host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>(name));
            foreach (DriftMonitor<Ride> monitor in monitors)
            {
                foreach (Ride ride in new Draws(2).Rides(400, shift: 2))
                    monitor.Observe(ride);
            }

            for (int tick = 0; tick < 1_000 && !(hanging.Called.IsCompleted && monitors.All(static monitor => monitor.Status.LastReport is not null)); tick++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(10);
            }

            Assert.That(hanging.Called.IsCompleted);

            // The host's patience ends once there is nothing left to store.
            DriftStore stored = host.Services.GetRequiredService<DriftStore>();
            using CancellationTokenSource patience = new();
            Task stopped = host.StopAsync(patience.Token);
            foreach (string name in names)
            {
                while (!stopped.IsCompleted && ((await stored.ListReportsAsync(name)).Count == 0 || await stored.FindStateAsync(name) is null))
                    await Task.Delay(10);
            }

            await patience.CancelAsync();
            await stopped;
        }

        using IHost again = Build(storage: true);
        DriftStore store = again.Services.GetRequiredService<DriftStore>();
        Assert.That(await store.ListReportsAsync("rides"), Has.Count.EqualTo(1));
        Assert.That(await store.ListReportsAsync("trips"), Has.Count.EqualTo(1));
        Assert.That(await store.ListAlertsAsync("rides"), Has.Count.EqualTo(1));
        Assert.That(await store.FindStateAsync("rides"), Is.Not.Null);
    }

    [Test]
    public async Task A_stop_saves_states_before_it_tells_observers()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2024, 4, 1, 0, 0, 0, TimeSpan.Zero));
        Looking looking = new();
        using IHost host = Build(
            storage: true,
            static m => m.Configure(static options => (options.EvaluationInterval, options.ObserverTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
            services => services.AddSingleton<TimeProvider>(time).AddSingleton<IDriftObserver>(looking));
        looking.Store = host.Services.GetRequiredService<DriftStore>();
        await host.StartAsync();
        foreach (Ride ride in new Draws(2).Rides(400, shift: 2))
            host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides").Observe(ride);
        for (int tick = 0; tick < 1_000 && looking.States.IsEmpty; tick++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        await host.StopAsync();
        Assert.That(looking.States, Is.EqualTo(new[] { false, true }));
    }

    [Test]
    public async Task A_host_keeps_reports_as_long_as_the_monitor_says()
    {
        DateTimeOffset start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using IHost host = Build(storage: true, static m => m.Configure(static options => options.ReportRetention = TimeSpan.FromDays(20)));
        await host.StartAsync();
        DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        for (int i = 0; i < 3; i++)
        {
            foreach (Ride ride in new Draws(i).Rides(24, start: start.AddDays(15 * i), idPrefix: $"{i}-"))
                monitor.Observe(ride);
            await monitor.EvaluateAsync();
        }

        IReadOnlyList<StoredReport> kept = await host.Services.GetRequiredService<DriftStore>().ListReportsAsync("rides");
        Assert.That(kept.Select(r => (r.Report.EvaluatedAt!.Value - start).Days), Is.EqualTo(new[] { 30, 15 }));
        await host.StopAsync();
    }

    [Test]
    public void Monitors_work_in_a_container_that_has_nothing_else()
    {
        ServiceCollection services = new();
        services.AddMlopsDrift().AddMonitor("rides", Ride.Schema, static m => m.Window(rows: 300));
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.That(provider.GetRequiredKeyedService<DriftMonitor<Ride>>("rides").Name, Is.EqualTo("rides"));
        Assert.That(provider.GetServices<IHostedService>().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_manual_monitor_is_neither_activated_nor_stored_by_the_host()
    {
        using IHost host = Build(storage: true, static m => m.Manual());
        await host.StartAsync();
        DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        Assert.That(monitor.Status.ModelVersion, Is.Null);
        monitor.Activate("v1", Reference);
        foreach (Ride ride in new Draws(2).Rides(400, shift: 2))
            monitor.Observe(ride);
        DriftReport report = await monitor.EvaluateAsync();
        await host.StopAsync();

        Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Drift));
        using IHost again = Build(storage: true);
        DriftStore store = again.Services.GetRequiredService<DriftStore>();
        Assert.That(await store.FindStateAsync("rides"), Is.Null);
        Assert.That(await store.ListAlertsAsync("rides"), Is.Empty);
        Assert.That(await store.ListReportsAsync("rides"), Is.Empty);
    }

    [Test]
    public async Task A_state_is_stored_in_the_host_s_own_transaction_and_references_are_found_by_version()
    {
        await using SqliteDatabase database = new($"Data Source={Path.Combine(_folder, "own.db")}");
        DriftStore store = new(database);
        await store.SetReferenceAsync("rides", "v1", new ServedReference(Reference, ErrorBaseline.FromErrors([1, 2, 3])));
        using DriftMonitor<Ride> monitor = new("rides", Ride.Schema);
        byte[] state = monitor.SaveState();

        Assert.That(
            async () => await database.WriteAsync(state, static (session, state) =>
            {
                DriftStore.SaveState(session, "rides", state, DateTimeOffset.UnixEpoch);
                return session.Dialect.Name.Length > 0 ? throw new InvalidOperationException("the host's part failed") : 0;
            }),
            Throws.InvalidOperationException);
        Assert.That(await store.FindStateAsync("rides"), Is.Null);
        await database.WriteAsync(state, static (session, state) =>
        {
            DriftStore.SaveState(session, "rides", state, DateTimeOffset.UnixEpoch);
            return 0;
        });

        ServedReference? found = await store.FindAsync("rides", "v1");
        Assert.That(await store.FindStateAsync("rides"), Is.EqualTo(state));
        Assert.That(found!.Profile!.Digest, Is.EqualTo(Reference.Digest));
        Assert.That(found.ErrorBaseline!.Mean, Is.EqualTo(2));
        Assert.That(await store.FindAsync("rides", "v2"), Is.Null);
    }

    [Test]
    public void A_wrong_option_stops_the_start_and_names_the_monitor()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsDrift().AddMonitor("rides", Ride.Schema, m => m.Window(rows: 1));
        using IHost host = builder.Build();

        Assert.That(async () => await host.StartAsync(), Throws.Exception.With.Message.Contains("'rides'").And.Message.Contains("WindowRows"));
        Assert.That(() => builder.Services.AddMlopsDrift().AddMonitor("rides", Ride.Schema), Throws.InvalidOperationException);
    }

    private IHost Build(bool storage, Action<DriftMonitorBuilder>? configure = null, Action<IServiceCollection>? services = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        services?.Invoke(builder.Services);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Mlops:Drift:rides:WindowRows"] = "250",
            ["Mlops:Drift:rides:DataAlerts:Confirmations"] = "1",
        });
        if (storage)
            builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "drift.db")}");
        builder.Services.AddMlopsDrift().AddMonitor("rides", Ride.Schema, m =>
        {
            m.BindConfiguration("Mlops:Drift:rides").Reference("v1", Reference);
            configure?.Invoke(m);
        });
        builder.Services.AddHealthChecks().AddMlopsDrift();
        return builder.Build();
    }

    /// <summary>Takes its time over the first report, until it is told to stop.</summary>
    private sealed class Waiting : IDriftObserver
    {
        private readonly TaskCompletionSource _called = new();

        public Task Called => _called.Task;

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default) =>
            _called.TrySetResult() ? new ValueTask(Task.Delay(Timeout.Infinite, cancellationToken)) : ValueTask.CompletedTask;
    }

    /// <summary>Never comes back from an alert or a report, whatever it is told.</summary>
    private sealed class Hanging : IDriftObserver
    {
        private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Called => _called.Task;

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) => HangAsync();

        public ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default) => HangAsync();

        private ValueTask HangAsync()
        {
            _called.TrySetResult();
            return new ValueTask(new TaskCompletionSource().Task);
        }
    }

    /// <summary>Looks whether there is a stored state, at the first alert until it is told to stop.</summary>
    private sealed class Looking : IDriftObserver
    {
        public DriftStore Store { get; set; } = null!;

        public ConcurrentQueue<bool> States { get; } = [];

        public async ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
            States.Enqueue(await Store.FindStateAsync("rides", CancellationToken.None) is not null);
            if (States.Count == 1)
                await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    private sealed class Refusing(int times) : IDriftObserver
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) =>
            Interlocked.Increment(ref _calls) > times ? ValueTask.CompletedTask : throw new InvalidOperationException("the database is away");
    }
}
