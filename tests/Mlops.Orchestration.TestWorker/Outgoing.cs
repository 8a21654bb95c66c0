using Mlops.Storage;

namespace Mlops.Orchestration.TestWorker;

/// <summary>An outbox with one receiver, and who sends what is in it.</summary>
internal sealed class Outgoing(Database database, IOutboxReceiver receiver) : IDisposable
{
    private OutboxRelay? _relay;

    public Outbox Outbox { get; } = new(database, [receiver]);

    public Task StartAsync() => (_relay = new OutboxRelay(Outbox, new LeaseTable(database))).StartAsync(CancellationToken.None);

    public void Dispose() => _relay?.Dispose();
}
