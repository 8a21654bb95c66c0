using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests.Hosting;

public sealed class HostingTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-tracking-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_host_tracks_and_stores_what_open_runs_hold_when_it_stops()
    {
        string id;
        using (IHost host = Build(("Mlops:Tracking:FlushInterval", "00:01:00")))
        {
            await host.StartAsync();
            Run run = await host.Services.GetRequiredService<Tracker>().StartRunAsync("e");
            run.LogMetric("m", 1);
            id = run.Id;
            await host.StopAsync();
        }

        await using var database = new SqliteDatabase(ConnectionString);
        using var tracker = new Tracker(database, new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder)));
        Assert.That((await tracker.GetRunAsync(id)).Metrics["m"].Value, Is.EqualTo(1));
    }

    [Test]
    public async Task What_services_log_while_they_stop_is_stored_as_well()
    {
        string id = "";
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Mlops:Tracking:FlushInterval", (string?)"00:01:00")]);

        // Registered first, so it stops after tracking has.
        builder.Services.AddSingleton<IHostedService>(static services => new Trainer(services.GetRequiredService<Tracker>()));
        builder.Services.AddMlopsStorage().UseSqlite(ConnectionString);
        builder.Services.AddMlopsTracking();
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            await host.StopAsync();
            id = host.Services.GetServices<IHostedService>().OfType<Trainer>().Single().Run!.Id;
        }

        await using var database = new SqliteDatabase(ConnectionString);
        using var tracker = new Tracker(database, new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder)));
        Assert.That((await tracker.GetRunAsync(id)).Metrics.Keys, Is.EquivalentTo(new[] { "while it ran", "while it stopped" }));
    }

    [Test]
    public async Task A_host_that_another_service_keeps_from_starting_reports_no_failure_of_tracking()
    {
        // Two of the services begin with a wait, and the third with a look at the clock of leases.
        var time = new WaitCountingTime();
        var clock = new WatchedClock();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<TimeProvider>(time).AddSingleton<ILeaseClock>(clock);
        builder.Services.AddMlopsStorage().UseSqlite(ConnectionString).CollectArtifacts();
        builder.Services.AddMlopsTracking();
        builder.Services.AddSingleton<IHostedService>(new Unstartable(() => time.Waits >= 2 && clock.WasRead));
        BackgroundService[] services;
        using (IHost host = builder.Build())
        {
            Assert.That(() => host.StartAsync(), Throws.InvalidOperationException.With.Message.EqualTo("The port is taken."));
            services = [.. host.Services.GetServices<IHostedService>().OfType<BackgroundService>()];
        }

        foreach (BackgroundService service in services)
        {
            Assert.That(service.ExecuteTask, Is.Not.Null, service.GetType().Name);
            await service.ExecuteTask!.WaitAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.That(service.ExecuteTask.Status, Is.EqualTo(TaskStatus.RanToCompletion), $"{service.GetType().Name}: the host reports every other end as a failure");
        }

        Assert.That(services, Has.Length.GreaterThanOrEqualTo(3));
    }

    [Test]
    public async Task A_loss_at_the_stop_is_logged_and_its_handle_still_learns_of_it()
    {
        var logger = new FakeLogger();
        await using var database = new SqliteDatabase(ConnectionString);
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        using var tracker = new Tracker(database, artifacts, new TrackingOptions { CaptureEnvironment = false }, logger: logger);
        Run run = await tracker.StartRunAsync("e");
        await database.WriteAsync(0, static (session, _) => session.Execute("ALTER TABLE tracking_tail RENAME TO tracking_tail_away"));
        run.LogMetric("m", 1);

        await new TrackingLifecycle(tracker).StopAsync(CancellationToken.None);
        Assert.That(logger.Collector.GetSnapshot().Select(static entry => entry.Id.Id), Is.EqualTo(new[] { 2002 }));
        Assert.That(async () => await run.FlushAsync(), Throws.Exception);
    }

    [Test]
    public async Task The_stop_waits_no_longer_than_the_host_allows()
    {
        var logger = new FakeLogger();
        await using var database = new SqliteDatabase(ConnectionString);
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        using var tracker = new Tracker(database, artifacts, new TrackingOptions { CaptureEnvironment = false, FlushInterval = TimeSpan.FromMinutes(1) }, logger: logger);
        await using Run run = await tracker.StartRunAsync("e");
        using var release = new ManualResetEventSlim();
        Task blocked = database.WriteAsync(release, static (_, release) =>
        {
            release.Wait();
            return true;
        });
        run.LogMetric("m", 1);
        using var timeout = new CancellationTokenSource();
        Task stopped = new TrackingLifecycle(tracker).StoppedAsync(timeout.Token);
        Assert.That(stopped.IsCompleted, Is.False);

        await timeout.CancelAsync();
        await stopped;
        Assert.That(logger.Collector.LatestRecord.Id.Id, Is.EqualTo(2027));
        release.Set();
        await blocked;
    }

    [TestCase("LeaseDuration", "00:00:04")]
    [TestCase("LeaseDuration", "01:00:01")]
    [TestCase("JournalMaximumBytes", "1000")]
    [TestCase("JournalFolder", " ")]
    [TestCase("BufferCapacity", "10")]
    [TestCase("FlushInterval", "00:10:00")]
    [TestCase("RetryDuration", "-00:00:01")]
    public void An_option_out_of_its_range_stops_the_start(string option, string value)
    {
        using IHost host = Build(($"Mlops:Tracking:{option}", value));

        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(option));
    }

    [Test]
    public async Task The_meter_counts_points_writes_and_drops()
    {
        using IHost host = Build(("Mlops:Tracking:BufferCapacity", "1000"));
        await host.StartAsync();
        var meters = host.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();
        using var points = new MetricCollector<long>(meters, "Mlops.Tracking", "mlops.tracking.points");
        using var flushes = new MetricCollector<double>(meters, "Mlops.Tracking", "mlops.tracking.flush.duration");
        using var queue = new MetricCollector<long>(meters, "Mlops.Tracking", "mlops.tracking.queue.length");

        await host.Services.GetRequiredService<Tracker>().TrackAsync("e", (run, token) => run.LogMetricsAsync([new("a", 1), new("b", 2)], token));
        queue.RecordObservableInstruments();

        Assert.That(points.GetMeasurementSnapshot().EvaluateAsCounter(), Is.EqualTo(2));
        Assert.That(flushes.GetMeasurementSnapshot(), Has.Count.AtLeast(1));
        Assert.That(queue.LastMeasurement?.Value, Is.Zero);
        await host.StopAsync();
    }

    [Test]
    public async Task A_container_needs_neither_configuration_nor_logging()
    {
        var services = new ServiceCollection();
        services.AddMlopsStorage().UseSqlite(ConnectionString);
        services.AddMlopsTracking();
        await using ServiceProvider provider = services.BuildServiceProvider();

        await using Run run = await provider.GetRequiredService<Tracker>().StartRunAsync("e");
        Assert.That(run.Status, Is.EqualTo(RunStatus.Running));
    }

    private sealed class WatchedClock : ILeaseClock
    {
        private volatile bool _wasRead;

        public bool WasRead => _wasRead;

        public long Read(SqlSession session)
        {
            _wasRead = true;
            return 1_000_000;
        }
    }

    private sealed class Unstartable(Func<bool> othersHaveBegun) : IHostedService
    {
        /// <summary>Fails once the services before it have begun: one that has not is cancelled by the host without being asked.</summary>
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (!othersHaveBegun())
            {
                await Task.Delay(1, limit.Token);
            }

            throw new InvalidOperationException("The port is taken.");
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Trainer(Tracker tracker) : IHostedService
    {
        public Run? Run { get; private set; }

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            Run = await tracker.StartRunAsync("e", cancellationToken: cancellationToken);
            Run.LogMetric("while it ran", 1);
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Run!.LogMetric("while it stopped", 1);
            return Task.CompletedTask;
        }
    }

    private string ConnectionString => $"Data Source={Path.Combine(_folder, "mlops.db")}";

    private IHost Build(params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Services.AddMetrics();
        builder.Services.AddMlopsStorage().UseSqlite(ConnectionString);
        builder.Services.AddMlopsTracking();
        builder.Services.AddMlopsTracking();
        return builder.Build();
    }
}
