using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The sign of life of one tracker: a lease that all runs of its handles share. The transaction of the first start takes it, and it is
/// renewed every third of its duration while handles are open. It excludes nobody, so nothing stops when it is lost: it is taken anew,
/// and runs that were ended meanwhile are running again.
/// </summary>
internal sealed class OwnerLease
{
    // A failed renewal is repeated this often before the next would be due.
    private const int RetriesWithinRenewal = 4;

    private readonly Lock _gate = new();
    private readonly TrackingStore _store;
    private readonly LeaseTable _leases;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Run, byte> _openRuns;
    private readonly ILogger _logger;
    private Lease? _lease;
    private long _renewed;
    private int _starting;
    private volatile bool _wasLost;
    private bool _isBeating;
    private bool _hasFailed;

    public OwnerLease(
        TrackingStore store, LeaseTable leases, TimeSpan duration, TimeProvider time, ConcurrentDictionary<Run, byte> openRuns, ILogger logger)
    {
        _store = store;
        _leases = leases;
        Duration = duration;
        _time = time;
        _openRuns = openRuns;
        _logger = logger;
    }

    /// <summary>The owner of the runs and the name of the lease.</summary>
    public string Owner { get; } = $"{TrackingStore.OwnerPrefix}{Guid.NewGuid():N}";

    public TimeSpan Duration { get; }

    public ILeaseClock Clock => _leases.Clock;

    public TimeProvider Time => _time;

    /// <summary>What a start has to do for the lease. Read again by <see cref="StartAsync"/>, when the start really begins.</summary>
    public OwnerClaim Claim()
    {
        lock (_gate)
        {
            return new OwnerClaim(Owner, Duration, Clock, _lease, _lease is not null && _time.GetElapsedTime(_renewed) < Duration * 2 / 3);
        }
    }

    /// <summary>Starts a run in the owner's name; the lease is renewed from here until its handle has gone.</summary>
    public async Task<Run> StartAsync(NewRun run, Func<RunRow, Run> open, CancellationToken cancellationToken)
    {
        if (run.Claim is null)
        {
            return open((await _store.StartRunAsync(run, cancellationToken).ConfigureAwait(false)).Row);
        }

        lock (_gate)
        {
            _starting++;
        }

        try
        {
            OwnerClaim claim = Claim();
            long sent = _time.GetTimestamp();
            StartedRun started = await _store.StartRunAsync(run with { Claim = claim }, cancellationToken).ConfigureAwait(false);
            if (claim.Lease is { } known && started.Lease is { } held && held.Epoch != known.Epoch)
            {
                // The start took it anew: the next beat brings back what was ended meanwhile.
                _wasLost = true;
            }

            Keep(claim.IsFresh ? null : started.Lease, sent);
            return open(started.Row);
        }
        finally
        {
            lock (_gate)
            {
                _starting--;
            }
        }
    }

    /// <summary>Gives the lease back where no handle is open; the next start takes it anew.</summary>
    public async Task GiveBackAsync()
    {
        Lease? lease;
        lock (_gate)
        {
            if (_lease is null || _starting > 0 || !_openRuns.IsEmpty)
            {
                return;
            }

            lease = _lease;
            _lease = null;
        }

        try
        {
            await _leases.ReleaseAsync(lease).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // It runs out by itself.
        }
    }

    private void Keep(Lease? lease, long sent)
    {
        lock (_gate)
        {
            if (lease is not null)
            {
                _lease = lease;
                _renewed = sent;
            }

            if (!_isBeating)
            {
                _isBeating = true;
                _ = Task.Run(BeatAsync);
            }
        }
    }

    private async Task BeatAsync()
    {
        bool succeeded = true;
        while (true)
        {
            await Task.Delay(Duration / (succeeded ? 3 : 3 * RetriesWithinRenewal), _time).ConfigureAwait(false);
            lock (_gate)
            {
                if (_starting == 0 && _openRuns.IsEmpty)
                {
                    // Nobody needs it: it runs out, or the next start renews it.
                    _isBeating = false;
                    return;
                }
            }

            succeeded = await TryBeatAsync().ConfigureAwait(false);
        }
    }

    private Task<Lease?> ReviveAsync() => _store.ReviveAsync(Claim(), [.. _openRuns.Keys.Select(static run => run.Key)], CancellationToken.None);

    /// <summary>Never throws: the runs go on whatever becomes of their lease.</summary>
    private async Task<bool> TryBeatAsync()
    {
        try
        {
            long sent = _time.GetTimestamp();
            if (_wasLost)
            {
                // Before, not after: a start may find it lost once more meanwhile.
                _wasLost = false;
                try
                {
                    await ReviveAsync().ConfigureAwait(false);
                }
                catch
                {
                    _wasLost = true;
                    throw;
                }

                _logger.LeaseLost(Owner, Duration);
            }

            Lease? lease = Claim().Lease;
            if (lease is null || !await _leases.RenewAsync(lease).ConfigureAwait(false))
            {
                if (lease is not null)
                {
                    _logger.LeaseLost(Owner, Duration);
                }

                // Without a grant another start of this owner has it on its way.
                lease = await ReviveAsync().ConfigureAwait(false);
            }

            Keep(lease, sent);
            _hasFailed = false;
            return lease is not null;
        }
        catch (Exception exception)
        {
            // Once in a row of failures.
            if (!_hasFailed)
            {
                _hasFailed = true;
                _logger.LeaseRenewalFailed(exception, Owner, Duration);
            }

            return false;
        }
    }
}
