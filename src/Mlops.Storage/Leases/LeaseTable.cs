using Microsoft.Extensions.Logging;

namespace Mlops.Storage;

/// <summary>
/// Leases with fencing epochs: acquire, renew, release, take over. Every race is one conditional statement.
/// Commits check the epoch, never the time. Thread-safe.
/// </summary>
public sealed class LeaseTable
{
    private readonly Database _database;

    /// <summary>Leases in the database.</summary>
    /// <param name="database">Holds the leases.</param>
    /// <param name="clock">Decides when a lease has run out; null for the database's clock.</param>
    /// <param name="timeProvider">The monotonic clock that a <see cref="HeldLease"/> renews and fences itself by; null for the machine's. Never business time.</param>
    public LeaseTable(Database database, ILeaseClock? clock = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        Clock = clock ?? DatabaseLeaseClock.Instance;
        TimeProvider = timeProvider ?? TimeProvider.System;
        Logger = database.LoggerFactory.CreateLogger<LeaseTable>();
    }

    /// <summary>The clock that decides when a lease has run out.</summary>
    public ILeaseClock Clock { get; }

    internal TimeProvider TimeProvider { get; }

    internal ILogger Logger { get; }

    /// <summary>Takes the lease if nobody holds it; null when somebody does.</summary>
    public Task<Lease?> TryAcquireAsync(string name, string owner, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return _database.WriteUrgentAsync(
            (Clock, name, owner, duration),
            static (session, state) => TryAcquire(session, state.Clock, state.name, state.owner, state.duration),
            cancellationToken);
    }

    /// <summary>The same inside the caller's own transaction.</summary>
    public static Lease? TryAcquire(SqlSession session, ILeaseClock clock, string name, string owner, TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(clock);
        long now = clock.Read(session);

        // The epoch is at least the clock, so that it still grows when a crashed server has lost the last grants.
        long? epoch = session.QueryFirst(
            """
            INSERT INTO mlops_lease (name, owner, epoch, until) VALUES (@name, @owner, @now, @until)
            ON CONFLICT (name) DO UPDATE SET
                owner = excluded.owner,
                epoch = CASE WHEN mlops_lease.epoch >= excluded.epoch THEN mlops_lease.epoch + 1 ELSE excluded.epoch END,
                until = excluded.until
            WHERE mlops_lease.until <= @now
            RETURNING epoch
            """,
            static row => (long?)row.GetInt64(0),
            ("@name", name), ("@owner", owner), ("@now", now), ("@until", now + UnixMicroseconds.From(duration)));
        return epoch is { } granted ? new Lease(name, owner, granted, duration) : null;
    }

    /// <summary>Extends the lease by its duration from now; false when it was taken over or released.</summary>
    /// <remarks>A lease that has run out but was not taken over is extended: the epoch decides, not the time.</remarks>
    public Task<bool> RenewAsync(Lease lease, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return _database.WriteUrgentAsync(
            (Clock, lease), static (session, state) => Renew(session, state.Clock, state.lease), cancellationToken);
    }

    /// <summary>The same as <see cref="RenewAsync"/> inside the caller's own transaction.</summary>
    public static bool Renew(SqlSession session, ILeaseClock clock, Lease lease)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(lease);
        return session.Execute(
            "UPDATE mlops_lease SET until = @until WHERE name = @name AND epoch = @epoch AND until > 0",
            ("@until", clock.Read(session) + UnixMicroseconds.From(lease.Duration)), ("@name", lease.Name), ("@epoch", lease.Epoch)) == 1;
    }

    /// <summary>Gives the lease back, so that the next holder need not wait; false when it was taken over already.</summary>
    public Task<bool> ReleaseAsync(Lease lease, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lease);

        // The row stays: it carries the epoch that the next grant must exceed.
        return _database.WriteUrgentAsync(
            lease,
            static (session, lease) => session.Execute(
                "UPDATE mlops_lease SET until = 0 WHERE name = @name AND epoch = @epoch",
                ("@name", lease.Name), ("@epoch", lease.Epoch)) == 1,
            cancellationToken);
    }

    /// <summary>Inside a write: throws unless the lease is still of its epoch, and holds it so until the commit.</summary>
    /// <exception cref="LeaseLostException">The lease was taken over.</exception>
    public static void RequireHeld(SqlSession session, Lease lease)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(lease);
        if (!IsHeld(session, lease))
        {
            throw new LeaseLostException(lease);
        }
    }

    /// <summary>Inside a write: whether the lease is still of its epoch; if so, it stays so until the commit.</summary>
    internal static bool IsHeld(SqlSession session, Lease lease)
    {
        string sql = session.Dialect.ForUpdate.Length == 0
            ? "SELECT epoch FROM mlops_lease WHERE name = @name AND epoch = @epoch"
            : "SELECT epoch FROM mlops_lease WHERE name = @name AND epoch = @epoch FOR UPDATE";
        return session.QueryFirst(sql, static row => (long?)row.GetInt64(0), ("@name", lease.Name), ("@epoch", lease.Epoch)) is not null;
    }
}
