using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Ends the runs of owners whose lease has run out. It must have watched the database for a whole lease without a gap before it ends
/// anything: after a pause of the machine, a step of the clock or an absence of the database every owner gets the time to renew.
/// </summary>
internal sealed class OrphanReaper(TrackingStore store, OwnerLease lease, TrackingEnvironment environment)
{
    private int _isLooking;
    private long? _watchingSince;
    private long _lastLook;

    /// <summary>How often to look.</summary>
    public TimeSpan Interval => lease.Duration / 3;

    /// <summary>One look; the runs that were ended, or null while it has not watched for long enough or another look is on its way.</summary>
    public async Task<int?> LookAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return null;
        }

        try
        {
            return await LookCoreAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _watchingSince = null;
            throw;
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private async Task<int?> LookCoreAsync(CancellationToken cancellationToken)
    {
        long duration = UnixMicroseconds.From(lease.Duration);
        long now = await store.ReadLeaseClockAsync(lease.Clock, cancellationToken).ConfigureAwait(false);
        if (_watchingSince is null || now < _lastLook || now - _lastLook > duration * 2 / 3)
        {
            _watchingSince = now;
        }

        _lastLook = now;
        if (now - _watchingSince < duration)
        {
            return null;
        }

        int ended = 0;
        foreach (string owner in await store.ListExpiredOwnersAsync(now, cancellationToken).ConfigureAwait(false))
        {
            if (owner == lease.Owner)
            {
                continue;
            }

            int runs = await store.ReapAsync(lease.Clock, owner, lease.Owner, environment.Now, cancellationToken).ConfigureAwait(false);
            if (runs > 0)
            {
                environment.Logger.OrphansEnded(runs, owner);
                environment.Telemetry.Lost(runs);
                ended += runs;
            }
        }

        return ended;
    }
}
