namespace Mlops.Storage;

/// <summary>
/// A lease that renews itself every third of its duration until it is disposed. The holder fences itself: <see cref="Lost"/>
/// fires when the lease was taken over, or when two thirds of it have passed on this machine's monotonic clock, counted from
/// sending the last renewal that succeeded. From then on it is not renewed any more.
/// </summary>
public sealed class HeldLease : IAsyncDisposable
{
    // A failed renewal is repeated before the fence falls.
    private const int RetriesWithinRenewal = 4;

    private readonly LeaseTable _table;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost;
    private readonly CancellationTokenSource _stop;
    private readonly Task _renewing;
    private int _failures;
    private int _disposed;

    internal HeldLease(LeaseTable table, Lease lease, long sent)
    {
        _table = table;
        _time = table.TimeProvider;
        _lost = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_lost.Token);
        Lost = _lost.Token;
        Lease = lease;
        FenceAfter(sent);
        _renewing = RenewAsync(_stop.Token);
    }

    /// <summary>The lease; its epoch goes into every conditional write.</summary>
    public Lease Lease { get; }

    /// <summary>Fires when the lease may no longer be relied on.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Takes the lease and keeps it; null when somebody else holds it.</summary>
    public static async Task<HeldLease?> TryAcquireAsync(
        LeaseTable table, string name, string owner, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        long sent = table.TimeProvider.GetTimestamp();
        Lease? lease = await table.TryAcquireAsync(name, owner, duration, cancellationToken).ConfigureAwait(false);
        return lease is null ? null : new HeldLease(table, lease, sent);
    }

    /// <summary>Stops renewing and gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);

        // A callback on the loss may have thrown; that is not the holder's to hear.
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await _table.ReleaseAsync(Lease, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // It runs out by itself.
        }

        _stop.Dispose();
        _lost.Dispose();
    }

    private async Task RenewAsync(CancellationToken stop)
    {
        TimeSpan interval = Lease.Duration / 3;
        TimeSpan delay = interval;
        try
        {
            while (true)
            {
                await Task.Delay(delay, _time, stop).ConfigureAwait(false);
                long sent = _time.GetTimestamp();
                bool? renewed = await TryRenewAsync(stop).ConfigureAwait(false);
                if (renewed == false)
                {
                    await _lost.CancelAsync().ConfigureAwait(false);
                    return;
                }

                if (renewed == true)
                {
                    FenceAfter(sent);
                }

                delay = renewed == true ? interval : interval / RetriesWithinRenewal;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed or fenced.
        }
    }

    /// <summary>False when the lease was taken over, null when the database did not answer.</summary>
    private async Task<bool?> TryRenewAsync(CancellationToken stop)
    {
        try
        {
            bool renewed = await _table.RenewAsync(Lease, stop).ConfigureAwait(false);
            if (renewed && _failures > 0)
            {
                _table.Logger.RenewalRecovered(Lease.Name, _failures);
                _failures = 0;
            }

            return renewed;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever it is, it is tried again until the fence falls. Once in a row of failures: they differ in nothing but the time.
            if (_failures++ == 0)
            {
                _table.Logger.RenewalFailed(exception, Lease.Name, Lease.Duration);
            }

            return null;
        }
    }

    private void FenceAfter(long sent)
    {
        TimeSpan left = (Lease.Duration * 2 / 3) - _time.GetElapsedTime(sent);
        _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }
}
