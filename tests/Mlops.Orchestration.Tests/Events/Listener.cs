using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>A receiver that only has messages kept for it.</summary>
internal sealed class Listener(Func<string, bool> takes) : IOutboxReceiver
{
    public string Name => "listener";

    public bool Takes(string topic) => takes(topic);

    public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>An outbox for one that takes everything.</summary>
    public static Outbox To(Database database) => new(database, [new Listener(static _ => true)]);

    /// <summary>What was written, in order.</summary>
    public static async Task<List<OutboxMessage>> ReadAsync(Database database) => await database.QueryAsync(
        "SELECT message, topic, id, created, payload FROM outbox_message ORDER BY message",
        static row => new OutboxMessage(row.GetInt64(0), row.GetString(1), row.GetString(2), DateTimeOffset.UnixEpoch, row.GetFieldValue<byte[]>(4)),
        CancellationToken.None);
}
