using System.Diagnostics;

namespace Mlops.Storage;

/// <summary>
/// A lease that renews itself every third of its duration until it is disposed. The holder fences itself: <see cref="Lost"/>
/// fires when the lease was taken over, or when two thirds of it have passed on this machine's monotonic clock, counted from
/// sending the last renewal that succeeded.
/// </summary>
public sealed class HeldLease : IAsyncDisposable
{
    private readonly LeaseTable _table;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _renewing;
    private long _renewed = Stopwatch.GetTimestamp();

    private HeldLease(LeaseTable table, Lease lease, long sent)
    {
        _table = table;
        Lease = lease;
        _renewed = sent;
        _lost.CancelAfter(lease.Duration * 2 / 3 - Stopwatch.GetElapsedTime(sent));
        _renewing = RenewAsync();
    }

    /// <summary>The lease; its epoch goes into every conditional write.</summary>
    public Lease Lease { get; }

    /// <summary>Fires when the lease may no longer be relied on.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Takes the lease and keeps it; null when somebody else holds it.</summary>
    public static async Task<HeldLease?> TryAcquireAsync(
        LeaseTable table, string name, string owner, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        long sent = Stopwatch.GetTimestamp();
        Lease? lease = await table.TryAcquireAsync(name, owner, duration, cancellationToken).ConfigureAwait(false);
        return lease is null ? null : new HeldLease(table, lease, sent);
    }

    /// <summary>Stops renewing and gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        try
        {
            await _table.ReleaseAsync(Lease, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            // It runs out by itself.
        }

        _stop.Dispose();
        _lost.Dispose();
    }

    private async Task RenewAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Lease.Duration / 3, _stop.Token).ConfigureAwait(false);
                long sent = Stopwatch.GetTimestamp();
                if (!await TryRenewAsync().ConfigureAwait(false))
                {
                    continue;
                }

                _renewed = sent;
                _lost.CancelAfter(Lease.Duration * 2 / 3 - Stopwatch.GetElapsedTime(_renewed));
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed or lost.
        }
    }

    private async Task<bool> TryRenewAsync()
    {
        try
        {
            if (await _table.RenewAsync(Lease, _stop.Token).ConfigureAwait(false))
            {
                return !_lost.IsCancellationRequested;
            }
        }
        catch (StorageException)
        {
            // The next attempt may succeed; until then the monotonic clock runs.
            return false;
        }

        await _lost.CancelAsync().ConfigureAwait(false);
        throw new OperationCanceledException("The lease was taken over.");
    }
}
