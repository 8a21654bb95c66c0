using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mlops.Storage;

/// <summary>
/// Sends what waits in an outbox. Each receiver is served by one process at a time, which holds a lease for it
/// (<see cref="DatabaseOptions.OutboxLeaseDuration"/>); a message is removed once it was taken, so one that was being sent when its process
/// died is sent again.
/// </summary>
public sealed class OutboxRelay : BackgroundService
{
    private readonly Outbox _outbox;
    private readonly LeaseTable _leases;
    private readonly TimeProvider _waits;
    private readonly TimeSpan _leaseDuration;
    private readonly ILogger _logger;
    private readonly string _owner = $"{Environment.ProcessId}/{Guid.NewGuid():N}";

    /// <summary>A relay that does nothing before it is started.</summary>
    /// <param name="outbox">What it sends, and to whom.</param>
    /// <param name="leases">In the outbox's database.</param>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public OutboxRelay(Outbox outbox, LeaseTable leases)
        : this(outbox, leases, TimeProvider.System)
    {
    }

    /// <param name="outbox">What it sends, and to whom.</param>
    /// <param name="leases">In the outbox's database.</param>
    /// <param name="waits">What the waits between looks and attempts go by.</param>
    internal OutboxRelay(Outbox outbox, LeaseTable leases, TimeProvider waits)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        ArgumentNullException.ThrowIfNull(leases);
        _outbox = outbox;
        _leases = leases;
        _waits = waits;
        _leaseDuration = outbox.Database.Options.OutboxLeaseDuration;
        _logger = outbox.Database.LoggerFactory.CreateLogger<OutboxRelay>();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Task serving = Task.WhenAll(_outbox.Receivers.Select(receiver => ServeAsync(receiver, stoppingToken)));
        await UnservedMessages.WatchAsync(
            _outbox.Database, [.. _outbox.Receivers.Select(static receiver => receiver.Name)], _leases, _outbox.Time, _logger, stoppingToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await serving.ConfigureAwait(false);
    }

    internal static string LeaseOf(string receiver) => $"outbox/{receiver}";

    private async Task ServeAsync(IOutboxReceiver receiver, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ServeOnceAsync(receiver, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (LeaseLostException)
            {
                // It is somebody else's now.
            }
            catch (Exception exception)
            {
                // Whatever it is: nobody else would go on in this one's place.
                _logger.OutboxFailed(exception, receiver.Name);
            }

            await Task.Delay(_leaseDuration / 3, _leases.TimeProvider, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sends for as long as this process holds the receiver's lease; returns at once when it does not get it.</summary>
    private async Task ServeOnceAsync(IOutboxReceiver receiver, CancellationToken stopping)
    {
        if (await HeldLease.TryAcquireAsync(_leases, LeaseOf(receiver.Name), _owner, _leaseDuration, stopping).ConfigureAwait(false) is not { } lease)
        {
            return;
        }

        await using (lease.ConfigureAwait(false))
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Lost);
            try
            {
                await new OutboxDelivery(_outbox, receiver, lease.Lease, _waits, _logger).RunAsync(ended.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                // Stopping, or the lease may no longer be relied on.
            }
        }
    }
}
