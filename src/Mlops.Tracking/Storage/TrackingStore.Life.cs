using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    public const string OwnerPrefix = "tracking/";

    // '0' follows '/' in ASCII: all names that begin with the prefix.
    private const string AfterOwners = "tracking0";
    private const int OwnersPerLook = 1_000;

    /// <summary>Takes the owner's lease anew; runs of its open handles that were ended meanwhile are running again.</summary>
    public Task<Lease?> ReviveAsync(OwnerClaim claim, IReadOnlyList<long> runs, CancellationToken cancellationToken) => AnnouncedAsync(_database.WriteAsync(
        (Store: this, claim, runs),
        static (session, state) =>
        {
            Lease? lease = LeaseTable.TryAcquire(session, state.claim.Clock, state.claim.Owner, state.claim.Owner, state.claim.Duration);
            foreach (long run in state.runs)
            {
                int revived = session.Execute(
                    "UPDATE tracking_run SET status = @running, ended = NULL, lost = 0 WHERE run = @run AND owner = @owner AND lost = 1",
                    ("@running", (long)RunStatus.Running), ("@run", run), ("@owner", state.claim.Owner));
                if (revived == 1)
                {
                    state.Store.Announce(session, run, state.claim.Clock.Read(session));
                }
            }

            return lease;
        },
        _durability, cancellationToken));

    /// <summary>The time by the clock of leases.</summary>
    public ValueTask<long> ReadLeaseClockAsync(ILeaseClock clock, CancellationToken cancellationToken) =>
        _database.ReadAsync(clock, static (session, clock) => clock.Read(session), cancellationToken);

    /// <summary>Owners whose lease has run out.</summary>
    public ValueTask<List<string>> ListExpiredOwnersAsync(long now, CancellationToken cancellationToken) => _database.QueryAsync(
        "SELECT name FROM mlops_lease WHERE name >= @first AND name < @after AND until <= @now ORDER BY name LIMIT @take",
        static row => row.GetString(0),
        cancellationToken,
        ("@first", OwnerPrefix), ("@after", AfterOwners), ("@now", now), ("@take", OwnersPerLook));

    /// <summary>Ends what still runs in the owner's name, unless the owner has renewed its lease after all; how many runs that were.</summary>
    public Task<int> ReapAsync(ILeaseClock clock, string owner, string reaper, long ended, CancellationToken cancellationToken) => AnnouncedAsync(_database.WriteAsync(
        (Store: this, clock, owner, reaper, ended), static (session, state) => state.Store.Reap(session, state.clock, state.owner, state.reaper, state.ended), _durability, cancellationToken));

    private int Reap(SqlSession session, ILeaseClock clock, string owner, string reaper, long ended)
    {
        // Taking it over tells an owner that wakes up that it has something to take back.
        if (LeaseTable.TryAcquire(session, clock, owner, reaper, TimeSpan.FromMicroseconds(1)) is null)
        {
            return 0;
        }

        List<long> runs = session.Query(
            string.Create(CultureInfo.InvariantCulture, $"""
                UPDATE tracking_run SET status = @killed, ended = CASE WHEN started > @ended THEN started ELSE @ended END, lost = 1
                WHERE owner = @owner AND status = {(long)RunStatus.Running}
                RETURNING run
                """),
            static row => row.GetInt64(0),
            ("@killed", (long)RunStatus.Killed), ("@ended", ended), ("@owner", owner));

        // The name belongs to one process: its next grant need not exceed this epoch.
        session.Execute("DELETE FROM mlops_lease WHERE name = @name", ("@name", owner));
        foreach (long run in runs)
        {
            Announce(session, run);
        }

        return runs.Count;
    }

    /// <summary>A repeated start goes on with the run, also with one that was ended because its process had died.</summary>
    private static RunRow TakeOver(SqlSession session, RunRow run, OwnerClaim? claim, out bool isRevived)
    {
        isRevived = false;
        if (claim is null)
        {
            return run;
        }

        isRevived = session.Execute(
            "UPDATE tracking_run SET owner = @owner, status = @running, ended = NULL, lost = 0 WHERE run = @run AND owner IS NOT NULL AND lost = 1",
            ("@owner", claim.Owner), ("@running", (long)RunStatus.Running), ("@run", run.Key)) == 1;
        bool isTaken = isRevived || session.Execute(
            "UPDATE tracking_run SET owner = @owner WHERE run = @run AND owner IS NOT NULL AND status = @running",
            ("@owner", claim.Owner), ("@running", (long)RunStatus.Running), ("@run", run.Key)) == 1;
        return isTaken ? run with { Status = RunStatus.Running, Ended = null, IsLost = false } : run;
    }
}
