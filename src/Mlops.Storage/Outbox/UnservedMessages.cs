using Microsoft.Extensions.Logging;

namespace Mlops.Storage;

/// <summary>
/// Messages to a receiver that no process registers any more. Nobody sends them, and nothing else would remove them: they are given up a
/// week after they were written, so that a receiver that is only missing from a release or two finds them.
/// </summary>
internal static class UnservedMessages
{
    /// <summary>How often they are looked for; not at the start, when the rest of a fleet may still be on its way.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private const int BatchSize = 1_000;

    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(7);

    /// <summary>Looks for them until it is cancelled.</summary>
    /// <param name="database">Whose outbox.</param>
    /// <param name="served">The receivers of this process.</param>
    /// <param name="leases">Say whom other processes serve.</param>
    /// <param name="time">The clock of messages.</param>
    /// <param name="logger">Hears of what was given up.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task WatchAsync(
        Database database, IReadOnlyCollection<string> served, LeaseTable leases, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                // Without an exception, which a host that fails to start would report as the failure of a service.
                return;
            }

            try
            {
                await GiveUpAsync(database, served, leases, time, logger, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                logger.UnservedFailed(exception);
            }
        }
    }

    private static async Task GiveUpAsync(
        Database database, IReadOnlyCollection<string> served, LeaseTable leases, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        if (!await HasOutboxAsync(database, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        long before = UnixMicroseconds.From(time.GetUtcNow() - LongestAge);
        List<string> receivers = await database.QueryAsync(
            "SELECT DISTINCT receiver FROM outbox_message WHERE created < @before ORDER BY receiver",
            static row => row.GetString(0), cancellationToken, ("@before", before)).ConfigureAwait(false);
        foreach (string receiver in receivers.Except(served))
        {
            int total = 0;
            int removed;
            do
            {
                removed = await database.WriteAsync(
                    (leases.Clock, receiver, before), static (session, state) => Remove(session, state.Clock, state.receiver, state.before),
                    Durability.Process, cancellationToken).ConfigureAwait(false);
                total += removed;
            }
            while (removed == BatchSize);

            if (total > 0)
            {
                StorageInstruments.RecordGivenUp(receiver, StorageInstruments.Unserved, total);
                logger.MessagesUnserved(receiver, total);
            }
        }
    }

    /// <summary>Its table is made by the first process that has a receiver.</summary>
    private static async Task<bool> HasOutboxAsync(Database database, CancellationToken cancellationToken) => (await database.QueryAsync(
        $"SELECT version FROM {SchemaScript.Table} WHERE feature = @feature",
        static row => row.GetInt64(0), cancellationToken, ("@feature", OutboxSchema.Migrations.Feature)).ConfigureAwait(false)).Count > 0;

    private static int Remove(SqlSession session, ILeaseClock clock, string receiver, long before) => session.Execute(
        """
        DELETE FROM outbox_message WHERE message IN (
            SELECT message FROM outbox_message WHERE receiver = @receiver AND created < @before
                AND NOT EXISTS (SELECT 1 FROM mlops_lease WHERE name = @lease AND until > @now)
            ORDER BY message LIMIT @count)
        """,
        ("@receiver", receiver), ("@before", before), ("@lease", OutboxRelay.LeaseOf(receiver)), ("@now", clock.Read(session)), ("@count", BatchSize));
}
