using Microsoft.Extensions.Logging;

namespace Mlops.Storage;

/// <summary>Sends one receiver its messages, in order, for as long as a lease is held.</summary>
internal sealed class OutboxDelivery(Outbox outbox, IOutboxReceiver receiver, Lease lease, ILogger logger)
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
                await Task.WhenAny(news, Task.Delay(PollInterval, outbox.Time, cancellationToken)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }

            foreach (OutboxMessage message in batch)
            {
                if (!await SendAsync(message, cancellationToken).ConfigureAwait(false))
                {
                    await Task.Delay(Wait(), outbox.Time, cancellationToken).ConfigureAwait(false);
                    break;
                }
            }
        }
    }

    /// <summary>
    /// The oldest messages. Claimed durably before the first is sent: the commit that wrote them may not have reached the disk yet, and a
    /// receiver must not hear of what a crash of the database then undoes.
    /// </summary>
    private async Task<List<OutboxMessage>> ClaimAsync(CancellationToken cancellationToken)
    {
        List<OutboxMessage> batch = await outbox.Database.QueryAsync(
            "SELECT message, topic, id, created, payload FROM outbox_message WHERE receiver = @receiver ORDER BY message LIMIT @count",
            static row => new OutboxMessage(
                row.GetInt64(0), row.GetString(1), row.GetString(2), DateTimeOffset.UnixEpoch.AddTicks(row.GetInt64(3) * TimeSpan.TicksPerMicrosecond), row.GetFieldValue<byte[]>(4)),
            cancellationToken,
            ("@receiver", receiver.Name), ("@count", BatchSize)).ConfigureAwait(false);
        if (batch.Count > 0)
        {
            await outbox.Database.WriteAsync(
                (lease, receiver.Name, batch),
                static (session, state) =>
                {
                    LeaseTable.RequireHeld(session, state.lease);
                    foreach (OutboxMessage message in state.batch)
                    {
                        session.Execute("UPDATE outbox_message SET claims = claims + 1 WHERE message = @message", ("@message", message.Number));
                    }

                    return 0;
                },
                Durability.Power,
                cancellationToken).ConfigureAwait(false);
        }

        return batch;
    }

    /// <summary>False when it has to be sent again.</summary>
    private async Task<bool> SendAsync(OutboxMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await receiver.ReceiveAsync(message, cancellationToken).ConfigureAwait(false);
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

                return false;
            }

            logger.MessageGivenUp(exception, receiver.Name, message.Topic, message.Id);
        }

        _failures = 0;
        await outbox.Database.WriteAsync(
            message.Number,
            static (session, number) => session.Execute("DELETE FROM outbox_message WHERE message = @message", ("@message", number)),
            Durability.Process,
            CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    private TimeSpan Wait()
    {
        TimeSpan doubled = FirstWait * Math.Pow(2, Math.Min(_failures - 1, 20));
        return doubled < LastWait ? doubled : LastWait;
    }
}
