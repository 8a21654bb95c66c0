namespace Mlops.Storage;

/// <summary>
/// Bytes by their content hash: a folder here, an object store elsewhere. The store chooses every location; callers only know hashes.
/// Implementations are thread-safe and never show a partly written artifact. Hosts use <see cref="ArtifactCatalog"/>, which keeps the
/// store and the database in step.
/// </summary>
public interface IArtifactStore
{
    /// <summary>A folder of this machine where the store may keep what is not published yet, upload sessions among it; null when it has none.</summary>
    string? LocalFolder => null;

    /// <summary>Reads the stream to its end into a private place and hashes it. The artifact is not to be found before it is published.</summary>
    /// <exception cref="StorageException">The store cannot take it: no permission, no space.</exception>
    ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens an artifact. The bytes are hashed while they are read: the read that returns the last ones throws
    /// <see cref="ArtifactCorruptException"/> instead when they are not the ones that were stored.
    /// </summary>
    /// <exception cref="ArtifactNotFoundException">The store does not hold it.</exception>
    ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens a part of an artifact. A part cannot be checked against the hash of the whole: whoever puts parts together verifies the whole,
    /// as <see cref="ArtifactCatalog.DownloadAsync"/> does. The stream's length is that of the part; bytes that end before it are a
    /// <see cref="StorageException"/>, never a shorter part.
    /// </summary>
    /// <param name="hash">Which artifact.</param>
    /// <param name="offset">Bytes to leave out at the beginning; as many as the artifact has give an empty part.</param>
    /// <param name="length">The most bytes to read; null, or more than there are, for the rest.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset or the length is negative.</exception>
    /// <exception cref="ArtifactRangeException">The artifact ends before the offset.</exception>
    /// <exception cref="ArtifactNotFoundException">The store does not hold it.</exception>
    ValueTask<Stream> OpenRangeAsync(ContentHash hash, long offset, long? length = null, CancellationToken cancellationToken = default);

    /// <summary>Whether the store holds the artifact.</summary>
    ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default);

    /// <summary>Removes an artifact; does nothing when it is not there.</summary>
    ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default);
}
