namespace Mlops.Serving.Tests;

/// <summary>One process's view of a store that several share: the test says whether that process decides.</summary>
internal sealed class Seat(IRolloutStore store) : IRolloutStore
{
    public bool Leads { get; set; }

    public ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default) => store.ListAsync(model, cancellationToken);

    public ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default) => store.TryWriteAsync(record, cancellationToken);

    public ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default) => ValueTask.FromResult(Leads);

    public ValueTask SaveEvidenceAsync(string model, string digest, ReadOnlyMemory<byte> evidence, CancellationToken cancellationToken = default) =>
        store.SaveEvidenceAsync(model, digest, evidence, cancellationToken);

    public ValueTask<ReadOnlyMemory<byte>> LoadEvidenceAsync(string model, string digest, CancellationToken cancellationToken = default) =>
        store.LoadEvidenceAsync(model, digest, cancellationToken);
}
