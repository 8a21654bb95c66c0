using Microsoft.Extensions.Logging;

namespace Mlops.Storage;

/// <summary>Sends one receiver its messages, in order, for as long as a lease is held.</summary>
/// <param name="outbox">Holds the messages; its clock is that of their ages.</param>
/// <param name="receiver">Whom they are for.</param>
/// <param name="lease">The right to send them.</param>
/// <param name="waits">What waits go by: not the outbox's clock, which may stand still.</param>
/// <param name="logger">Hears of failures.</param>
internal sealed class OutboxDelivery(Outbox outbox, IOutboxReceiver receiver, Lease lease, TimeProvider waits, ILogger logger)
{
    private const int BatchSize = 32;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private int _failures;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task news = outbox.NextSignal;
            List<OutboxMessage> batch = await ClaimAsync(cancellationToken).ConfigureAwait(false);
            if (batch.Count == 0)
            {
                await Task.WhenAny(news, Task.Delay(PollInterval, waits, cancellationToken)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }

            foreach (OutboxMessage message in batch)
            {
                if (await SendAsync(message, cancellationToken).ConfigureAwait(false) is { } wait)
                {
                    await Task.Delay(wait, waits, cancellationToken).ConfigureAwait(false);
                    break;
                }
            }
        }
    }

    /// <summary>
    /// The oldest messages. Read and claimed in one durable transaction before the first is sent: the commit that wrote them may not have reached
    /// the disk yet, and a receiver must not hear of what a crash of the database then undoes, nor of what was read before one that has happened since.
    /// </summary>
    private async Task<List<OutboxMessage>> ClaimAsync(CancellationToken cancellationToken)
    {
        List<long> waiting = await outbox.Database.QueryAsync(
            "SELECT message FROM outbox_message WHERE receiver = @receiver LIMIT 1",
            static row => row.GetInt64(0),
            cancellationToken,
            ("@receiver", receiver.Name)).ConfigureAwait(false);
        return waiting.Count == 0 ? [] : await outbox.Database.WriteAsync(
            (lease, receiver.Name),
            static (session, state) =>
            {
                LeaseTable.RequireHeld(session, state.lease);
                List<OutboxMessage> batch = session.Query(
                    "SELECT message, topic, id, created, payload FROM outbox_message WHERE receiver = @receiver ORDER BY message LIMIT @count",
                    static row => new OutboxMessage(
                        row.GetInt64(0), row.GetString(1), row.GetString(2), UnixMicroseconds.ToTime(row.GetInt64(3)), row.GetFieldValue<byte[]>(4)),
                    ("@receiver", state.Name), ("@count", BatchSize));
                foreach (OutboxMessage message in batch)
                {
                    session.Execute("UPDATE outbox_message SET claims = claims + 1 WHERE message = @message", ("@message", message.Number));
                }

                return batch;
            },
            Durability.Power,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How long to wait before it is sent again; null when it is done with.</summary>
    /// <exception cref="LeaseLostException">Another process serves the receiver: this one must not send the next.</exception>
    private async Task<TimeSpan?> SendAsync(OutboxMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await receiver.ReceiveAsync(message, cancellationToken).ConfigureAwait(false);
            StorageInstruments.RecordSent(receiver.Name);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            bool rejected = exception is OutboxRejectedException;
            if (!rejected && outbox.Time.GetUtcNow() - message.At < LongestWait)
            {
                if (_failures++ == 0)
                {
                    logger.ReceiverFailed(exception, receiver.Name, message.Topic, message.Id);
                }

                return WaitFor(exception);
            }

            StorageInstruments.RecordGivenUp(receiver.Name, rejected ? StorageInstruments.Rejected : StorageInstruments.TooOld, 1);
            logger.MessageGivenUp(exception, receiver.Name, message.Topic, message.Id);
        }

        _failures = 0;
        bool held = await outbox.Database.WriteAsync(
            (lease, message.Number),
            static (session, state) =>
            {
                session.Execute("DELETE FROM outbox_message WHERE message = @message", ("@message", state.Number));
                return LeaseTable.IsHeld(session, state.lease);
            },
            Durability.Process,
            CancellationToken.None).ConfigureAwait(false);
        return held ? null : throw new LeaseLostException(lease);
    }

    private TimeSpan WaitFor(Exception exception)
    {
        TimeSpan doubled = FirstWait * Math.Pow(2, Math.Min(_failures - 1, 20));
        TimeSpan wait = doubled < LastWait ? doubled : LastWait;
        TimeSpan asked = exception is OutboxDeferredException { RetryAfter: var retryAfter } ? retryAfter : TimeSpan.Zero;
        return asked <= wait ? wait : asked < LongestWait ? asked : LongestWait;
    }
}
