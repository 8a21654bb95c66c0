namespace Mlops.Serving.Tests;

/// <summary>A store that is away when the test says so.</summary>
internal sealed class FlakyStore : IRolloutStore
{
    private readonly InMemoryRolloutStore _store = new();

    public bool IsAway { get; set; }

    private InMemoryRolloutStore Store => IsAway ? throw new IOException("The store is away.") : _store;

    public ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default) => Store.ListAsync(model, cancellationToken);

    public ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default) => Store.TryWriteAsync(record, cancellationToken);

    public ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default) =>
        Store.TryLeadAsync(model, owner, duration, cancellationToken);
}
