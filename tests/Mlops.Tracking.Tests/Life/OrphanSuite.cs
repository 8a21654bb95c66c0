using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Life;

/// <summary>
/// What becomes of runs whose process is silent. The lease clock and the clock of each tracker's renewals are the test's: an owner whose
/// own clock stands still is dead or asleep.
/// </summary>
public abstract class OrphanSuite : TrackingSuite
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Third = Lease / 3;

    private readonly List<Tracker> _trackers = [];
    private SettableClock _clock = null!;
    private FakeTimeProvider _ownerTime = null!;
    private FakeLogger _ownerLog = null!;
    private Tracker _owner = null!;
    private Tracker _watcher = null!;

    [SetUp]
    public void OpenTrackers()
    {
        _clock = new SettableClock();
        _clock.Set(1_700_000_000_000_000);
        _ownerTime = new FakeTimeProvider();
        _ownerLog = new FakeLogger();
        _owner = Open(_ownerTime, _ownerLog);
        _watcher = Open(new FakeTimeProvider());
    }

    [TearDown]
    public void CloseTrackers()
    {
        _owner.Dispose();
        _watcher.Dispose();
        _trackers.ForEach(static tracker => tracker.Dispose());
        _trackers.Clear();
    }

    [Test]
    public async Task A_run_whose_process_is_silent_for_a_lease_ends_as_Killed_and_lost()
    {
        Run run = await _owner.StartRunAsync("e");
        await _owner.TrackAsync("e", new() { Name = "finished" }, static (_, _) => Task.CompletedTask);

        Time.Advance(TimeSpan.FromMinutes(5));
        Assert.That(await WatchAsync(looks: 4), Is.EqualTo(new int?[] { null, null, null, 1 }));

        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That((record.Status, record.IsLost, record.EndTime), Is.EqualTo((RunStatus.Killed, true, (DateTimeOffset?)Start.AddMinutes(5))));
        RunRecord finished = (await Tracker.ListRunsAsync("e", new() { Status = RunStatus.Finished })).Runs.Single();
        Assert.That((finished.Name, finished.IsLost), Is.EqualTo(("finished", false)));
    }

    [Test]
    public async Task A_run_whose_process_lives_is_left_alone()
    {
        Run run = await _owner.StartRunAsync("e");
        for (int i = 0; i < 9; i++)
        {
            Assert.That(await WatchAsync(looks: 1), Is.EqualTo(new int?[] { i < 3 ? null : 0 }));
            await RenewAsync();
        }

        Assert.That((await Tracker.GetRunAsync(run.Id)).Status, Is.EqualTo(RunStatus.Running));
    }

    [TestCase(3_600)]
    [TestCase(-3_600)]
    [TestCase(21)]
    public async Task After_a_gap_in_its_watch_a_reaper_waits_a_full_lease_again(int seconds)
    {
        Run run = await _owner.StartRunAsync("e");
        await WatchAsync(looks: 3);
        await RenewAsync();
        _clock.Advance(TimeSpan.FromSeconds(seconds));

        Assert.That(await WatchAsync(looks: 3), Is.All.Null);
        Assert.That((await Tracker.GetRunAsync(run.Id)).Status, Is.EqualTo(RunStatus.Running));
    }

    [Test]
    public async Task A_reaper_waits_a_full_lease_after_the_database_was_away()
    {
        Run run = await _owner.StartRunAsync("e");
        await WatchAsync(looks: 3);
        await RenameAsync("mlops_lease", "mlops_lease_away");
        Assert.That(async () => await WatchAsync(looks: 1), Throws.InstanceOf<StorageException>());
        await RenameAsync("mlops_lease_away", "mlops_lease");

        Assert.That(await WatchAsync(looks: 3), Is.All.Null);
        Assert.That((await Tracker.GetRunAsync(run.Id)).Status, Is.EqualTo(RunStatus.Running));
        Assert.That(await WatchAsync(looks: 1), Is.EqualTo(new int?[] { 1 }));
    }

    [Test]
    public async Task A_process_that_wakes_up_takes_its_runs_back()
    {
        Run run = await _owner.StartRunAsync("e");
        await WatchAsync(looks: 4);
        Assert.That((await Tracker.GetRunAsync(run.Id)).IsLost, Is.True);

        await RenewAsync();
        run.LogMetric("m", 1);
        await run.FlushAsync();

        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That((record.Status, record.IsLost, record.EndTime, record.Metrics.Count), Is.EqualTo((RunStatus.Running, false, (DateTimeOffset?)null, 1)));
        Assert.That(_ownerLog.Collector.GetSnapshot().Select(static entry => entry.Id.Id), Is.EqualTo(new[] { 2020 }));

        // It holds a lease like any other run: dead, it is noticed once more.
        await WatchAsync(looks: 4);
        Assert.That((await Tracker.GetRunAsync(run.Id)).IsLost, Is.True);
    }

    [Test]
    public async Task The_end_that_the_owner_gives_replaces_the_presumed_one()
    {
        Run run = await _owner.StartRunAsync("e");
        await WatchAsync(looks: 4);

        run.Complete(Start.AddSeconds(7));
        await run.DisposeAsync();

        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That((record.Status, record.IsLost, record.EndTime), Is.EqualTo((RunStatus.Finished, false, (DateTimeOffset?)Start.AddSeconds(7))));
    }

    [Test]
    public async Task A_repeated_start_goes_on_with_a_run_that_was_lost()
    {
        Run first = await _owner.StartRunAsync("e", new() { IdempotencyKey = "k" });
        await WatchAsync(looks: 4);
        await using Run second = await _watcher.StartRunAsync("e", new() { IdempotencyKey = "k" });

        RunRecord record = await Tracker.GetRunAsync(first.Id);
        Assert.That((second.Id, second.Status, record.Status, record.IsLost), Is.EqualTo((first.Id, RunStatus.Running, RunStatus.Running, false)));

        // The run has changed hands: the first owner's lease says nothing about it any more.
        await RenewAsync();
        Tracker third = Open(new FakeTimeProvider());
        await WatchAsync(third, looks: 4);
        Assert.That((await Tracker.GetRunAsync(first.Id)).IsLost, Is.True);
    }

    [Test]
    public async Task A_run_that_was_lost_by_its_second_process_is_not_taken_back_by_its_first()
    {
        Run first = await _owner.StartRunAsync("e", new() { IdempotencyKey = "k" });
        await WatchAsync(looks: 4);
        Tracker second = Open(new FakeTimeProvider());
        Run taken = await second.StartRunAsync("e", new() { IdempotencyKey = "k" });
        Time.Advance(TimeSpan.FromMinutes(1));
        await WatchAsync(looks: 4);
        RunRecord lost = await Tracker.GetRunAsync(first.Id);
        Assert.That((taken.Id, lost.Status, lost.IsLost), Is.EqualTo((first.Id, RunStatus.Killed, true)));

        // The first wakes up: neither its lease nor the end that it gives is this run's any more.
        await RenewAsync();
        Assert.That(await Tracker.GetRunAsync(first.Id), Is.EqualTo(lost).Using<RunRecord>(SameLife));
        first.Complete();
        await first.DisposeAsync();
        Assert.That(await Tracker.GetRunAsync(first.Id), Is.EqualTo(lost).Using<RunRecord>(SameLife));

        taken.Complete(Start.AddSeconds(9));
        await taken.DisposeAsync();
        RunRecord ended = await Tracker.GetRunAsync(first.Id);
        Assert.That((ended.Status, ended.IsLost, ended.EndTime), Is.EqualTo((RunStatus.Finished, false, (DateTimeOffset?)Start.AddSeconds(9))));

        static bool SameLife(RunRecord one, RunRecord other) => (one.Status, one.IsLost, one.EndTime) == (other.Status, other.IsLost, other.EndTime);
    }

    [Test]
    public async Task A_lost_run_goes_on_although_a_start_of_its_process_has_taken_the_lease_anew()
    {
        Run lost = await _owner.StartRunAsync("e");
        await WatchAsync(looks: 4);

        // The renewals fail until the next start finds that the lease it knew has gone.
        await RenameAsync("mlops_lease", "mlops_lease_away");
        await AdvanceOwnerAsync(() => Task.FromResult(_ownerLog.Collector.Count > 0));
        _ownerTime.Advance(Lease * 2 / 3);
        await RenameAsync("mlops_lease_away", "mlops_lease");
        await using Run next = await _owner.StartRunAsync("e");

        await AdvanceOwnerAsync(async () => !(await Tracker.GetRunAsync(lost.Id)).IsLost);
        Assert.That((await Tracker.GetRunAsync(lost.Id)).Status, Is.EqualTo(RunStatus.Running));
    }

    [Test]
    public async Task A_lost_run_goes_on_although_taking_it_back_failed_at_first()
    {
        Run lost = await _owner.StartRunAsync("e");
        await WatchAsync(looks: 4);
        await RenameAsync("mlops_lease", "mlops_lease_away");
        _ownerTime.Advance(Lease * 2 / 3);
        await EventuallyAsync(async () =>
        {
            await Task.Delay(5);
            return _ownerLog.Collector.Count > 0;
        });
        await RenameAsync("mlops_lease_away", "mlops_lease");
        await using Run next = await _owner.StartRunAsync("e");

        // The lease is held again, so that no renewal will ever find it lost; what was ended is still to be taken back.
        await RenameAsync("tracking_run", "tracking_run_away");
        for (int i = 0; i < 20; i++)
        {
            _ownerTime.Advance(Third);
            await Task.Delay(20);
        }

        await RenameAsync("tracking_run_away", "tracking_run");
        await AdvanceOwnerAsync(async () => !(await Tracker.GetRunAsync(lost.Id)).IsLost);
        Assert.That((await Tracker.GetRunAsync(lost.Id)).Status, Is.EqualTo(RunStatus.Running));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Who_listens_hears_that_a_run_was_lost_and_that_it_goes_on(bool byRepeatedStart)
    {
        var outbox = new Outbox(Database, [new Listener()]);
        Tracker owner = Open(_ownerTime, _ownerLog, outbox: outbox);
        Tracker watcher = Open(new FakeTimeProvider(), outbox: outbox);
        Run run = await owner.StartRunAsync("e", new() { IdempotencyKey = "k" });
        await WatchAsync(watcher, looks: 4);
        if (byRepeatedStart)
        {
            run = await watcher.StartRunAsync("e", new() { IdempotencyKey = "k" });

            // It runs already: it changes hands, and nothing is to be told.
            run = await Open(new FakeTimeProvider(), outbox: outbox).StartRunAsync("e", new() { IdempotencyKey = "k" });
        }
        else
        {
            await AdvanceOwnerAsync(async () => !(await Tracker.GetRunAsync(run.Id)).IsLost);
        }

        run.Complete();
        await run.DisposeAsync();
        List<(string Topic, string Id)> heard = await Database.QueryAsync(
            "SELECT topic, id FROM outbox_message ORDER BY message", static row => (row.GetString(0), row.GetString(1)), CancellationToken.None);
        Assert.That(heard.Select(static message => message.Topic), Is.EqualTo(new[]
        {
            RunTransition.StartedTopic, RunTransition.EndedTopic, RunTransition.StartedTopic, RunTransition.EndedTopic,
        }));
        Assert.That(heard.Select(static message => message.Id), Is.Unique);
    }

    [Test]
    public async Task A_run_that_ended_by_itself_does_not_run_again_for_a_repeated_start()
    {
        Run first = await _owner.StartRunAsync("e", new() { IdempotencyKey = "k" });
        first.Fail();
        await first.DisposeAsync();

        Assert.That((await _watcher.StartRunAsync("e", new() { IdempotencyKey = "k" })).Status, Is.EqualTo(RunStatus.Failed));
    }

    [Test]
    public async Task A_run_that_holds_no_lease_is_never_ended_for_another()
    {
        await using Run run = await _owner.StartRunAsync("e", new() { StartTime = Start.AddDays(-1) });

        Assert.That(await WatchAsync(looks: 9), Has.None.EqualTo(1));
        Assert.That((await Tracker.GetRunAsync(run.Id)).Status, Is.EqualTo(RunStatus.Running));
    }

    [Test]
    public async Task An_owner_that_was_idle_for_long_holds_a_lease_again_with_its_next_run()
    {
        await _owner.TrackAsync("e", static (_, _) => Task.CompletedTask);
        await WatchAsync(looks: 5);
        Assert.That(await LeasesAsync(), Is.Empty, "what nobody needs any more is removed");

        _ownerTime.Advance(Lease * 5);
        await _owner.StartRunAsync("e");
        Assert.That(await WatchAsync(looks: 2), Is.EqualTo(new int?[] { 0, 0 }));

        // The renewal that the old wait still owes may come at any of these looks; there is no other.
        Assert.That(await WatchAsync(looks: 12), Has.Some.EqualTo(1));
    }

    [Test]
    public async Task A_lease_that_was_not_needed_for_a_moment_is_renewed_for_the_next_run()
    {
        await _owner.TrackAsync("e", static (_, _) => Task.CompletedTask);
        _ownerTime.Advance(Third);
        await Task.Delay(20);
        await using Run run = await _owner.StartRunAsync("e");

        _clock.Advance(Third);
        await RenewAsync();
    }

    [Test]
    public async Task The_runs_of_one_tracker_share_one_lease()
    {
        Run[] runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _owner.StartRunAsync("e"))));
        Assert.That(await LeasesAsync(), Has.Count.EqualTo(1));

        await WatchAsync(looks: 4);
        Assert.That((await Tracker.ListRunsAsync("e")).Runs.Count(static run => run.IsLost), Is.EqualTo(8));
        await RenewAsync();
        Assert.That((await Tracker.ListRunsAsync("e")).Runs.Count(static run => run.IsLost), Is.Zero);
        await Task.WhenAll(runs.Select(static run => run.DisposeAsync().AsTask()));
    }

    [Test]
    public async Task A_start_is_one_write_the_lease_included()
    {
        Tracker tracker = Open(new FakeTimeProvider(), durability: Durability.Power);
        await Database.OpenAsync();

        Assert.That(await CommitRecorder.CountPowerAsync(() => tracker.StartRunAsync("e")), Is.EqualTo(1));
        Assert.That(await LeasesAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_lease_that_cannot_be_renewed_is_logged_once_and_disturbs_nobody()
    {
        await using Run run = await _owner.StartRunAsync("e");
        await RenameAsync("mlops_lease", "mlops_lease_away");
        await AdvanceOwnerAsync(() => Task.FromResult(_ownerLog.Collector.Count > 0));
        for (int i = 0; i < 20; i++)
        {
            _ownerTime.Advance(Third);
            await Task.Delay(1);
        }

        await run.LogMetricsAsync([new Metric("m", 1)]);
        Assert.That(_ownerLog.Collector.GetSnapshot().Select(static entry => entry.Id.Id), Is.EqualTo(new[] { 2021 }));

        await RenameAsync("mlops_lease_away", "mlops_lease");
        await RenewAsync();
    }

    [Test]
    public async Task Of_eight_reapers_at_once_one_ends_the_run()
    {
        await _owner.StartRunAsync("e");
        await using var others = new Others(this);
        Tracker[] reapers = others.Trackers;
        foreach (Tracker reaper in reapers)
        {
            await reaper.LookAsync();
        }

        for (int i = 0; i < 2; i++)
        {
            _clock.Advance(Third);
            await Task.WhenAll(reapers.Select(static reaper => Task.Run(reaper.LookAsync)));
        }

        _clock.Advance(Third);
        int?[] ended = await Task.WhenAll(reapers.Select(static reaper => Task.Run(reaper.LookAsync)));
        Assert.That(ended.Sum(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_host_ends_orphans_by_itself_unless_it_is_told_not_to()
    {
        Run run = await _owner.StartRunAsync("e");
        var time = new FakeTimeProvider();
        Tracker tracker = Open(time);
        using var off = new OrphanReaping(tracker, Options.Create(new TrackingOptions { ReapOrphans = false }));
        await off.StartAsync(CancellationToken.None);
        await off.ExecuteTask!;

        using var on = new OrphanReaping(tracker, Options.Create(new TrackingOptions()));
        await on.StartAsync(CancellationToken.None);
        await EventuallyAsync(async () =>
        {
            _clock.Advance(Third / 4);
            time.Advance(Third / 4);
            await Task.Delay(5);
            return (await Tracker.GetRunAsync(run.Id)).IsLost;
        });
        await on.StopAsync(CancellationToken.None);
    }

    [Test]
    public async Task A_tracker_without_a_host_ends_orphans_when_it_is_asked_to()
    {
        await _owner.StartRunAsync("e");
        var time = new FakeTimeProvider();
        Task<int> reaped = Open(time).ReapOrphansAsync();
        await EventuallyAsync(async () =>
        {
            _clock.Advance(Third / 4);
            time.Advance(Third / 4);
            await Task.Delay(5);
            return reaped.IsCompleted;
        });

        Assert.That(await reaped, Is.EqualTo(1));
    }

    private Tracker Open(
        FakeTimeProvider leaseTime, ILogger? logger = null, Durability durability = Durability.Process, Database? database = null, Outbox? outbox = null)
    {
        var tracker = new Tracker(
            database ?? Database, Artifacts, new TrackingOptions { Durability = durability, CaptureEnvironment = false }, Time, logger ?? new FakeLogger(), meters: null, _clock, leaseTime, outbox);
        _trackers.Add(tracker);
        return tracker;
    }

    private Task<int?[]> WatchAsync(int looks) => WatchAsync(_watcher, looks);

    /// <summary>Looks, and moves the lease clock by a third of a lease after each look.</summary>
    private async Task<int?[]> WatchAsync(Tracker watcher, int looks)
    {
        var results = new int?[looks];
        for (int i = 0; i < looks; i++)
        {
            results[i] = await watcher.LookAsync();
            _clock.Advance(Third);
        }

        return results;
    }

    /// <summary>Lets the owner's clock go on until its lease is renewed.</summary>
    private async Task RenewAsync()
    {
        long now = await Database.ReadAsync(_clock, static (session, clock) => clock.Read(session));
        long until = now + (Lease.Ticks / TimeSpan.TicksPerMicrosecond);
        await AdvanceOwnerAsync(async () => (await LeasesAsync()).Contains(until));
    }

    private Task AdvanceOwnerAsync(Func<Task<bool>> condition) => EventuallyAsync(async () =>
    {
        if (await condition())
        {
            return true;
        }

        _ownerTime.Advance(Third);
        await Task.Delay(5);
        return false;
    });

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 2_000; i++)
        {
            if (await condition())
            {
                return;
            }
        }

        Assert.Fail("It did not happen.");
    }

    private ValueTask<List<long>> LeasesAsync() => Database.QueryAsync(
        "SELECT until FROM mlops_lease WHERE name >= 'tracking/' AND name < 'tracking0' ORDER BY name", static row => row.GetInt64(0), CancellationToken.None);

    private Task<int> RenameAsync(string from, string to) => Database.WriteAsync(
        $"ALTER TABLE {from} RENAME TO {to}", static (session, sql) => session.Execute(sql));

    private sealed class Listener : IOutboxReceiver
    {
        public string Name => "listener";

        public bool Takes(string topic) => true;

        public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }

    /// <summary>Eight trackers with a database object each.</summary>
    private sealed class Others : IAsyncDisposable
    {
        private readonly Database[] _databases;

        public Others(OrphanSuite suite)
        {
            _databases = [.. Enumerable.Range(0, 8).Select(_ => suite.Create(suite.Folder))];
            Trackers = [.. _databases.Select(database => suite.Open(new FakeTimeProvider(), database: database))];
        }

        public Tracker[] Trackers { get; }

        public async ValueTask DisposeAsync()
        {
            foreach (Database database in _databases)
            {
                await database.DisposeAsync();
            }
        }
    }
}
