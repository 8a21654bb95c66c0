using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Drift.Tests;

/// <summary>A host whose database does not answer when the stored states are read.</summary>
internal sealed class DelayedRestoreTests
{
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(2_000));
    private static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private RecordingTime _time = new();
    private string _folder = "";

    private string File => Path.Combine(_folder, "drift.db");

    [SetUp]
    public async Task SetUp()
    {
        _time = new RecordingTime();
        _folder = Directory.CreateTempSubdirectory("mlops-drift").FullName;
        using DriftMonitor<Ride> monitor = new("rides", Ride.Schema);
        monitor.Activate("v1", Reference);
        foreach (Ride ride in new Draws(2).Rides(400))
            monitor.Observe(ride);
        await using SqliteDatabase database = new($"Data Source={File}");
        await new DriftStore(database).SaveStateAsync("rides", monitor.SaveState());
    }

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_state_that_could_not_be_read_at_the_start_is_read_later_and_rows_that_came_meanwhile_are_kept()
    {
        await using FlakyDatabase database = new(File, failures: 3);
        using IHost host = Build(database);
        await host.StartAsync();
        DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        foreach (Ride ride in new Draws(3).Rides(300, start: Epoch.AddHours(400), idPrefix: "later-"))
            monitor.Observe(ride);
        Assert.That(monitor.Status.Rows, Is.Zero, "nothing is taken in before the state");

        await PassUntilAsync(() => database.Reads > 3 && monitor.Status.Rows > 0);

        Assert.That((monitor.Status.Rows, monitor.Status.ModelVersion, monitor.Status.DroppedRows), Is.EqualTo((700L, "v1", 0L)));
        await host.StopAsync();
        Assert.That(await StoredRowsAsync(), Is.EqualTo(700));
    }

    [Test]
    public async Task A_version_that_became_live_meanwhile_stays_live_and_gets_the_rows()
    {
        await using FlakyDatabase database = new(File, failures: 2);
        using IHost host = Build(database);
        await host.StartAsync();
        DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        monitor.Activate("v2", Reference);
        foreach (Ride ride in new Draws(3).Rides(30, start: Epoch.AddHours(400), idPrefix: "later-"))
            monitor.Observe(ride);

        await PassUntilAsync(() => monitor.Status.Rows > 0);
        DriftReport report = await monitor.EvaluateAsync();

        Assert.That((monitor.Status.Rows, report.ModelVersion, report.Rows), Is.EqualTo((430L, "v2", 30L)));
        await host.StopAsync();
    }

    [Test]
    public async Task Rows_that_found_no_room_while_the_state_was_awaited_are_counted()
    {
        await using FlakyDatabase database = new(File, failures: 1);
        using IHost host = Build(database, static m => m.Configure(static options => options.MaximumBufferedRows = 256));
        await host.StartAsync();
        DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        foreach (Ride ride in new Draws(3).Rides(300, start: Epoch.AddHours(400), idPrefix: "later-"))
            monitor.Observe(ride);

        await PassUntilAsync(() => monitor.Status.Rows > 0);

        Assert.That((monitor.Status.Rows, monitor.Status.DroppedRows), Is.EqualTo((656L, 44L)));
        Assert.That((await monitor.EvaluateAsync()).Incomplete);
        await host.StopAsync();
    }

    [TestCase(FlakyDatabase.Busy)]
    [TestCase(FlakyDatabase.Broken)]
    public async Task A_state_that_was_never_read_is_never_overwritten(int errorCode)
    {
        await using FlakyDatabase database = new(File, failures: int.MaxValue, errorCode);
        using IHost host = Build(database);
        await host.StartAsync();
        DriftMonitor<Ride> monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        foreach (Ride ride in new Draws(3).Rides(30, start: Epoch.AddHours(400), idPrefix: "later-"))
            monitor.Observe(ride);
        for (int second = 0; second < 200; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.That(monitor.Status.Rows, Is.EqualTo(errorCode == FlakyDatabase.Busy ? 0 : 30), "a database that will not answer is not waited for");
        await host.StopAsync();
        Assert.That(await StoredRowsAsync(), Is.EqualTo(400));
    }

    [Test]
    public async Task A_database_that_is_away_is_asked_less_and_less_often()
    {
        await using FlakyDatabase database = new(File, failures: int.MaxValue);
        using IHost host = Build(database);
        await host.StartAsync();
        await PassUntilAsync(() => database.Reads >= 9, TimeSpan.FromMinutes(1));

        Assert.That(_time.Delays.Take(8).Select(static delay => delay.TotalSeconds), Is.EqualTo(new double[] { 1, 2, 4, 8, 16, 32, 60, 60 }));
        await host.StopAsync();
    }

    private IHost Build(Database database, Action<DriftMonitorBuilder>? configure = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<TimeProvider>(_time).AddSingleton(database);
        builder.Services.AddMlopsDrift().AddMonitor("rides", Ride.Schema, m =>
        {
            m.Reference("v1", Reference);
            configure?.Invoke(m);
        });
        return builder.Build();
    }

    private async Task PassUntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        for (int i = 0; i < 1_000 && !condition(); i++)
        {
            _time.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.That(condition());
    }

    private async Task<long> StoredRowsAsync()
    {
        await using SqliteDatabase database = new($"Data Source={File}");
        using DriftMonitor<Ride> monitor = new("rides", Ride.Schema);
        monitor.RestoreState((await new DriftStore(database).FindStateAsync("rides"))!);
        return monitor.Status.Rows;
    }

    /// <summary>Remembers what was waited for.</summary>
    private sealed class RecordingTime() : FakeTimeProvider(Epoch.AddDays(90))
    {
        public ConcurrentQueue<TimeSpan> Delays { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero)
                Delays.Enqueue(dueTime);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
