using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises of leases.</summary>
public abstract class LeaseConformance : EngineConformance
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly SettableClock _clock = new();
    private Database _database = null!;
    private LeaseTable _leases = null!;

    [SetUp]
    public void OpenDatabase()
    {
        _database = Open();
        _leases = new LeaseTable(_database, _clock);
        _clock.Set(1_000_000_000_000_000);
    }

    [Test]
    public async Task A_held_lease_is_refused_to_others_until_it_runs_out()
    {
        Lease first = (await _leases.TryAcquireAsync("job", "a", Minute))!;
        Assert.That(await _leases.TryAcquireAsync("job", "b", Minute), Is.Null);

        _clock.Advance(Minute);
        Lease second = (await _leases.TryAcquireAsync("job", "b", Minute))!;

        Assert.That(second.Epoch, Is.GreaterThan(first.Epoch));
        Assert.That(await _leases.RenewAsync(first), Is.False);
        Assert.That(await _leases.ReleaseAsync(first), Is.False);
    }

    [Test]
    public async Task A_renewed_lease_lasts_from_the_renewal()
    {
        Lease lease = (await _leases.TryAcquireAsync("job", "a", Minute))!;
        _clock.Advance(Minute * 0.9);
        Assert.That(await _leases.RenewAsync(lease), Is.True);
        _clock.Advance(Minute * 0.9);

        Assert.That(await _leases.TryAcquireAsync("job", "b", Minute), Is.Null);
    }

    [Test]
    public async Task A_released_lease_is_free_at_once_and_its_epoch_goes_on_growing()
    {
        Lease first = (await _leases.TryAcquireAsync("job", "a", Minute))!;
        Assert.That(await _leases.ReleaseAsync(first), Is.True);
        Assert.That(await _leases.RenewAsync(first), Is.False);

        Lease second = (await _leases.TryAcquireAsync("job", "b", Minute))!;

        Assert.That(second.Epoch, Is.GreaterThan(first.Epoch));
    }

    [Test]
    public async Task Epochs_grow_when_the_clock_steps_an_hour_either_way()
    {
        long last = 0;
        foreach (int hours in new[] { 0, -1, 0, 1, -1, -1, 2 })
        {
            _clock.Advance(TimeSpan.FromHours(hours));
            Lease lease = (await _leases.TryAcquireAsync("job", "a", Minute))!;
            Assert.That(lease.Epoch, Is.GreaterThan(last));
            last = lease.Epoch;
            await _leases.ReleaseAsync(lease);
        }
    }

    [Test]
    public async Task An_epoch_is_the_clock_or_one_more_than_the_last()
    {
        long now = _clock.Read(null!);
        Lease first = (await _leases.TryAcquireAsync("job", "a", Minute))!;
        await _leases.ReleaseAsync(first);
        Lease atOnce = (await _leases.TryAcquireAsync("job", "a", Minute))!;
        _clock.Advance(-TimeSpan.FromHours(1));
        await _leases.ReleaseAsync(atOnce);
        Lease stepped = (await _leases.TryAcquireAsync("job", "a", Minute))!;
        _clock.Advance(TimeSpan.FromHours(2));
        Lease later = (await _leases.TryAcquireAsync("job", "a", Minute))!;

        Assert.That(
            new[] { first.Epoch, atOnce.Epoch, stepped.Epoch, later.Epoch },
            Is.EqualTo(new[] { now, now + 1, now + 2, now + (3_600L * 1_000_000) }));
    }

    [Test]
    public async Task The_fence_counts_from_when_the_lease_was_asked_for_not_from_the_answer()
    {
        var time = new FakeTimeProvider();
        var slow = new SlowClock(_clock, time, TimeSpan.FromSeconds(20));
        await using HeldLease held = (await HeldLease.TryAcquireAsync(new LeaseTable(_database, slow, time), "slow", "a", Minute))!;
        await ExecuteDirectlyAsync("ALTER TABLE mlops_lease RENAME TO mlops_lost");

        time.Advance(TimeSpan.FromSeconds(20) - TimeSpan.FromMilliseconds(1));
        Assert.That(held.Lost.IsCancellationRequested, Is.False);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(held.Lost.IsCancellationRequested, Is.True, "40 s after it was sent");
    }

    [Test]
    public async Task A_holder_whose_renewals_fail_fences_itself_at_two_thirds_of_its_lease()
    {
        var time = new FakeTimeProvider();
        await using HeldLease held = (await HeldLease.TryAcquireAsync(new LeaseTable(_database, _clock, time), "kept", "a", Minute))!;
        await ExecuteDirectlyAsync("ALTER TABLE mlops_lease RENAME TO mlops_lost");

        time.Advance((Minute * 2 / 3) - TimeSpan.FromMilliseconds(1));
        Assert.That(held.Lost.IsCancellationRequested, Is.False);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(held.Lost.IsCancellationRequested, Is.True);
    }

    [Test]
    public async Task Renewals_that_fail_in_ways_nobody_foresaw_are_repeated_until_the_fence_falls()
    {
        var time = new WaitCountingTime();
        var clock = new FailingClock(_clock);
        HeldLease held = (await HeldLease.TryAcquireAsync(new LeaseTable(_database, clock, time), "kept", "a", Minute))!;
        clock.Fails = true;
        await time.AdvanceToNextWaitAsync(Minute / 3);
        await time.AdvanceToNextWaitAsync(Minute / 12);
        clock.Fails = false;
        await time.AdvanceToNextWaitAsync(Minute / 12);

        // Renewed half a minute after it was taken; from now on it fails again.
        clock.Fails = true;
        time.Advance((Minute * 2 / 3) - TimeSpan.FromMilliseconds(1));
        Assert.That(held.Lost.IsCancellationRequested, Is.False);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(held.Lost.IsCancellationRequested, Is.True);
        Assert.That(async () => await held.DisposeAsync(), Throws.Nothing);
    }

    [Test]
    public async Task Leases_are_taken_renewed_and_given_back_past_a_full_queue()
    {
        const int Capacity = 4;
        Database database = Open(new DatabaseOptions { QueueCapacity = Capacity });
        var leases = new LeaseTable(database, _clock);
        Lease lease = (await leases.TryAcquireAsync("job", "a", Minute))!;
        using var release = new ManualResetEventSlim();
        var running = new StrongBox<int>();
        Task[] writes =
        [
            .. Enumerable.Range(0, 20).Select(_ => database.WriteAsync((running, release), static (_, state) =>
            {
                Interlocked.Increment(ref state.running.Value);
                return state.release.Wait(TimeSpan.FromSeconds(60));
            })),
        ];

        Task<Lease?> other;
        Task<bool> renewed;
        Task<bool> released;
        try
        {
            // Every writer is busy, so nothing leaves the queue.
            int writers = database.Dialect.Name == "sqlite" ? 1 : 4;
            while (Volatile.Read(ref running.Value) < writers || database.QueueLength < Capacity)
            {
                await Task.Delay(1);
            }

            other = leases.TryAcquireAsync("other", "a", Minute);
            Assert.That(database.QueueLength, Is.EqualTo(Capacity + 1));
            renewed = leases.RenewAsync(lease);
            Assert.That(database.QueueLength, Is.EqualTo(Capacity + 2));
            released = leases.ReleaseAsync(lease);
            Assert.That(database.QueueLength, Is.EqualTo(Capacity + 3));
        }
        finally
        {
            release.Set();
        }

        await Task.WhenAll(writes);
        Assert.That((await other)?.Name, Is.EqualTo("other"));
        Assert.That(await released, Is.True);

        // Two writers may have run the last two in either order.
        await renewed;
    }

    [Test]
    public Task Three_processes_that_saturate_the_database_renew_in_time() => SaturateAsync(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6));

    [Test]
    [Explicit("Measures under full load")]
    [Category("Long")]
    public Task Three_processes_that_saturate_the_database_for_longer_renew_in_time() => SaturateAsync(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(6));

    [Test]
    public async Task A_write_conditional_on_a_lost_lease_is_refused()
    {
        Lease first = (await _leases.TryAcquireAsync("job", "a", Minute))!;
        Assert.That(async () => await CommitUnderAsync(first), Throws.Nothing);

        _clock.Advance(Minute);
        await _leases.TryAcquireAsync("job", "b", Minute);

        Assert.That(async () => await CommitUnderAsync(first), Throws.TypeOf<LeaseLostException>());
    }

    [Test]
    public async Task Of_eight_connections_that_race_for_a_lease_one_wins()
    {
        LeaseTable[] tables = [.. Enumerable.Range(0, 8).Select(_ => new LeaseTable(Open(), _clock))];
        long last = 0;
        for (int round = 0; round < 20; round++)
        {
            Lease?[] won = await Task.WhenAll(tables.Select((table, i) => Task.Run(() => table.TryAcquireAsync("race", $"{i}", Minute))));

            Lease winner = won.Single(static lease => lease is not null)!;
            Assert.That(winner.Epoch, Is.GreaterThan(last));
            last = winner.Epoch;
            _clock.Advance(Minute);
        }
    }

    [Test]
    public async Task A_kept_lease_renews_itself_and_tells_when_it_was_taken_over()
    {
        var time = new WaitCountingTime();
        var leases = new LeaseTable(_database, _clock, time);
        await using HeldLease held = (await HeldLease.TryAcquireAsync(leases, "kept", "a", Minute))!;
        for (int third = 1; third <= 3; third++)
        {
            _clock.Advance(Minute / 3);
            await time.AdvanceToNextWaitAsync(Minute / 3);
        }

        Assert.That(held.Lost.IsCancellationRequested, Is.False);
        Assert.That(await leases.TryAcquireAsync("kept", "b", Minute), Is.Null);

        await _database.WriteAsync(0, static (session, _) => session.Execute("UPDATE mlops_lease SET epoch = epoch + 1 WHERE name = 'kept'"));

        // The fence would fall after one more.
        time.Advance(Minute / 3);
        Assert.That(async () => await Task.Delay(TimeSpan.FromSeconds(60), held.Lost), Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>Each process writes as fast as it can and renews a lease all the while: no lease is lost, and no renewal takes a third of it.</summary>
    private async Task SaturateAsync(TimeSpan duration, TimeSpan lease)
    {
        WorkerProcess[] workers = [.. Enumerable.Range(0, 3).Select(i => WorkerProcess.Start(
            "saturate", ConnectionString, $"{i * 10_000_000}", duration.ToString("c", CultureInfo.InvariantCulture), lease.ToString("c", CultureInfo.InvariantCulture)))];
        try
        {
            foreach (WorkerProcess worker in workers)
            {
                Assert.That(await worker.ReadLineAsync(), Is.EqualTo("ready"));
            }

            foreach (WorkerProcess worker in workers)
            {
                worker.Go();
            }

            foreach (WorkerProcess worker in workers)
            {
                List<string> said = await worker.ReadToEndAsync();
                Assert.That(worker.ExitCode, Is.Zero, "a lease was lost");
                long[] numbers = [.. said.Single().Split(' ').Select(static number => long.Parse(number, CultureInfo.InvariantCulture))];
                await TestContext.Out.WriteLineAsync($"slowest of {numbers[2]} renewals {numbers[0]} ms, {numbers[1]} rows");
                Assert.That(numbers[3], Is.Zero, "renewals that took more than a third of the lease");
                Assert.That(numbers[2], Is.Positive, "a process never renewed");
                Assert.That(numbers[1], Is.Positive, "a process wrote nothing");
            }
        }
        finally
        {
            foreach (WorkerProcess worker in workers)
            {
                await worker.DisposeAsync();
            }
        }
    }

    private Task<bool> CommitUnderAsync(Lease lease) => _database.WriteAsync(lease, static (session, lease) =>
    {
        LeaseTable.RequireHeld(session, lease);
        return true;
    });

    /// <summary>The time of another clock, which takes a while to be read: the holder's own clock goes on meanwhile.</summary>
    private sealed class SlowClock(ILeaseClock clock, FakeTimeProvider time, TimeSpan delay) : ILeaseClock
    {
        public long Read(SqlSession session)
        {
            time.Advance(delay);
            return clock.Read(session);
        }
    }

    /// <summary>Another clock, which cannot be read for a while.</summary>
    private sealed class FailingClock(ILeaseClock clock) : ILeaseClock
    {
        private volatile bool _fails;

        public bool Fails
        {
            set => _fails = value;
        }

        public long Read(SqlSession session) => _fails ? throw new InvalidOperationException("No time.") : clock.Read(session);
    }
}
