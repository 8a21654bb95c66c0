namespace Mlops.Storage;

/// <summary>
/// A stored artifact that nothing references yet, protected from garbage collection until it is disposed or an hour has passed.
/// Add the reference in a write while it is open.
/// </summary>
public sealed class ArtifactUpload : IAsyncDisposable
{
    private readonly ArtifactCatalog _catalog;
    private readonly string _pin;
    private int _disposed;

    internal ArtifactUpload(ArtifactCatalog catalog, StoredArtifact artifact, string pin)
    {
        _catalog = catalog;
        Artifact = artifact;
        _pin = pin;
    }

    /// <summary>Hash and length of what was stored.</summary>
    public StoredArtifact Artifact { get; }

    /// <summary>Drops the protection; an artifact that was referenced meanwhile stays.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _disposed, 1) == 0
        ? _catalog.UnpinAsync(Artifact.Hash, _pin)
        : ValueTask.CompletedTask;
}
