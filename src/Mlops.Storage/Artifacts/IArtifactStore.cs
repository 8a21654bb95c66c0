namespace Mlops.Storage;

/// <summary>
/// Bytes by their content hash: a folder here, an object store elsewhere. The store chooses every location; callers only know hashes.
/// Implementations are thread-safe and never show a partly written artifact. Hosts use <see cref="ArtifactCatalog"/>, which keeps the
/// store and the database in step.
/// </summary>
public interface IArtifactStore
{
    /// <summary>Reads the stream to its end into a private place and hashes it. The artifact is not to be found before it is published.</summary>
    /// <exception cref="StorageException">The store cannot take it: no permission, no space.</exception>
    ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens an artifact. The bytes are hashed while they are read: the read that returns the last ones throws
    /// <see cref="ArtifactCorruptException"/> instead when they are not the ones that were stored.
    /// </summary>
    /// <exception cref="ArtifactNotFoundException">The store does not hold it.</exception>
    ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default);

    /// <summary>Whether the store holds the artifact.</summary>
    ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default);

    /// <summary>Removes an artifact; does nothing when it is not there.</summary>
    ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default);
}
