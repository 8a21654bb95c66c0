namespace Mlops.Storage;

/// <summary>
/// Bytes by their content hash: a folder here, an object store elsewhere. The store chooses every location; callers only know hashes.
/// Implementations are thread-safe and never show a partly written artifact.
/// </summary>
public interface IArtifactStore
{
    /// <summary>Stores the stream to its end. When it returns, the artifact survives loss of power. Storing the same bytes twice keeps one copy.</summary>
    ValueTask<StoredArtifact> WriteAsync(Stream content, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens an artifact. The bytes are hashed while they are read: the read that reaches the end throws
    /// <see cref="ArtifactCorruptException"/> when they are not the ones that were stored.
    /// </summary>
    /// <exception cref="ArtifactNotFoundException">The store does not hold it.</exception>
    ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default);

    /// <summary>Whether the store holds the artifact.</summary>
    ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default);

    /// <summary>Removes an artifact; does nothing when it is not there.</summary>
    ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default);
}
