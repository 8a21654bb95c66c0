namespace Mlops.Storage;

/// <summary>
/// A stored artifact that nothing references yet, protected from garbage collection until it is disposed or an hour has passed since it
/// was stored or <see cref="RenewAsync"/> last returned true. Add the reference in a write while it is open.
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

    /// <summary>Protects the artifact for another hour. Work that takes longer than an hour calls it every quarter of one, for example.</summary>
    /// <returns>False when the protection has run out or was dropped, and the artifact may be gone: upload it again.</returns>
    /// <exception cref="StorageException">The database failed; the protection lasts as long as before.</exception>
    public Task<bool> RenewAsync(CancellationToken cancellationToken = default) => _catalog.RenewAsync(Artifact.Hash, _pin, cancellationToken);

    /// <summary>Drops the protection; an artifact that was referenced meanwhile stays.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _disposed, 1) == 0
        ? _catalog.UnpinAsync(Artifact.Hash, _pin)
        : ValueTask.CompletedTask;
}
