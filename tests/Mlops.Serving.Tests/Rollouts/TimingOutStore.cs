namespace Mlops.Serving.Tests;

/// <summary>A store that gives up by itself, as a client over HTTP does: nobody has cancelled anything.</summary>
internal sealed class TimingOutStore : IRolloutStore
{
    private readonly InMemoryRolloutStore _store = new();
    private int _timeouts;

    /// <summary>Methods that give up.</summary>
    public IReadOnlyList<string> TimesOut { get; set; } = [];

    public int Timeouts => Volatile.Read(ref _timeouts);

    public ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default) => Store(nameof(ListAsync)).ListAsync(model, cancellationToken);

    public ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default) => Store(nameof(TryWriteAsync)).TryWriteAsync(record, cancellationToken);

    public ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default) =>
        Store(nameof(TryLeadAsync)).TryLeadAsync(model, owner, duration, cancellationToken);

    public ValueTask SaveEvidenceAsync(string model, string digest, ReadOnlyMemory<byte> evidence, CancellationToken cancellationToken = default) =>
        Store(nameof(SaveEvidenceAsync)).SaveEvidenceAsync(model, digest, evidence, cancellationToken);

    public ValueTask<ReadOnlyMemory<byte>> LoadEvidenceAsync(string model, string digest, CancellationToken cancellationToken = default) =>
        Store(nameof(LoadEvidenceAsync)).LoadEvidenceAsync(model, digest, cancellationToken);

    private InMemoryRolloutStore Store(string method)
    {
        if (!TimesOut.Contains(method))
            return _store;
        Interlocked.Increment(ref _timeouts);
        throw new TaskCanceledException("The request took too long.");
    }
}
