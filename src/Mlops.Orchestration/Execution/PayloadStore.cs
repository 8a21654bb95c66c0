using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>Keeps small results in the log and large ones as artifacts.</summary>
/// <param name="catalog">Null keeps everything in the log.</param>
internal sealed class PayloadStore(ArtifactCatalog? catalog)
{
    /// <summary>The largest result that is stored in the log itself.</summary>
    public const int MaximumInlineBytes = 65_536;

    /// <summary>Where steps keep artifacts of their own.</summary>
    public ArtifactCatalog Catalog => catalog
        ?? throw new InvalidOperationException("No artifact store is configured: pass an ArtifactCatalog to Pipelines, or use a database that has a folder beside it.");

    /// <summary>Stores what is large; the attempt keeps its pin until the commit.</summary>
    public async ValueTask<StoredPayload> StoreAsync(StepAttempt attempt, byte[] payload)
    {
        if (payload.Length <= MaximumInlineBytes || catalog is null)
        {
            return new StoredPayload(payload, null, payload.Length);
        }

        using var content = new MemoryStream(payload, writable: false);
        StoredArtifact artifact = await attempt.UploadAsync(catalog, content, attempt.CancellationToken).ConfigureAwait(false);
        return new StoredPayload(null, artifact.Hash.ToString(), artifact.Length);
    }

    public ValueTask<byte[]> LoadAsync(StoredPayload payload, CancellationToken cancellationToken) => payload.ContentHash is { } hash
        ? Catalog.ReadAllBytesAsync(ContentHash.Parse(hash), checked((int)payload.Length), cancellationToken)
        : new ValueTask<byte[]>(payload.Inline!);
}
