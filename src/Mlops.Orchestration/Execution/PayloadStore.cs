using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>Keeps small results in the log and large ones as artifacts.</summary>
/// <param name="catalog">Null keeps everything in the log.</param>
/// <param name="reach">Told what is about to happen.</param>
internal class PayloadStore(ArtifactCatalog? catalog, Action<ExecutionPoint> reach)
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
        ArtifactRef artifact = await UploadAsync(attempt, content, attempt.StoreToken).ConfigureAwait(false);
        return new StoredPayload(null, artifact.Sha256, artifact.Length);
    }

    public ValueTask<byte[]> LoadAsync(StoredPayload payload, CancellationToken cancellationToken) => payload.ContentHash is { } hash
        ? Catalog.ReadAllBytesAsync(ContentHash.Parse(hash), checked((int)payload.Length), cancellationToken)
        : new ValueTask<byte[]>(payload.Inline!);

    /// <summary>Stores an artifact and keeps it pinned until the attempt is over.</summary>
    public virtual async Task<ArtifactRef> UploadAsync(StepAttempt attempt, Stream content, CancellationToken cancellationToken)
    {
        reach(ExecutionPoint.BeforeArtifact);
        ArtifactUpload upload = await attempt.UseStorageAsync(new ValueTask<ArtifactUpload>(Catalog.UploadAsync(content, cancellationToken))).ConfigureAwait(false);
        attempt.Keep(upload);
        reach(ExecutionPoint.AfterArtifact);
        return new ArtifactRef(upload.Artifact.Hash.ToString(), upload.Artifact.Length);
    }

    public virtual async ValueTask<Stream> OpenAsync(ArtifactRef artifact, CancellationToken cancellationToken) =>
        await Catalog.OpenReadAsync(ContentHash.Parse(artifact.Sha256), cancellationToken).ConfigureAwait(false);
}
