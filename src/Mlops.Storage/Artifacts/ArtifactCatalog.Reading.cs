namespace Mlops.Storage;

public sealed partial class ArtifactCatalog
{
    /// <summary>
    /// Opens an artifact as a stream that is read once, forwards. The read that returns the last bytes throws
    /// <see cref="ArtifactCorruptException"/> instead when the bytes are not those that were stored: use nothing before that.
    /// </summary>
    /// <exception cref="ArtifactNotFoundException">The store does not hold it.</exception>
    public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default) =>
        Store.OpenReadAsync(hash, cancellationToken);

    /// <summary>
    /// Opens a part of an artifact, for example to answer an HTTP range request. A part cannot be checked against the hash of the whole;
    /// what is checked is that the store holds as many bytes as were stored. Whoever puts parts together verifies the whole, as
    /// <see cref="DownloadAsync"/> does.
    /// </summary>
    /// <param name="hash">Which artifact.</param>
    /// <param name="offset">Bytes to leave out at the beginning; as many as the artifact has give an empty part.</param>
    /// <param name="length">The most bytes to read; null, or more than there are, for the rest. The stream's length tells how many come.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset or the length is negative.</exception>
    /// <exception cref="ArtifactRangeException">The artifact ends before the offset.</exception>
    /// <exception cref="ArtifactNotFoundException">It is not stored.</exception>
    /// <exception cref="ArtifactCorruptException">The store holds fewer bytes than were stored.</exception>
    public ValueTask<Stream> OpenRangeAsync(ContentHash hash, long offset, long? length = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        return OpenPartAsync(hash, offset, length ?? long.MaxValue, cancellationToken);
    }

    /// <summary>
    /// Downloads an artifact into a file. What a call that failed has received is kept beside the file as <c>*.partial</c>, and the next
    /// call goes on from there. The whole is verified before it gets its name, so that a file of that name is right; one that was there is replaced.
    /// </summary>
    /// <param name="hash">Which artifact.</param>
    /// <param name="path">The file; its folder is created when it is missing.</param>
    /// <param name="cancellationToken">Stops; what was received is kept.</param>
    /// <exception cref="ArtifactNotFoundException">It is not stored.</exception>
    /// <exception cref="ArtifactCorruptException">The bytes are not those that were stored; nothing of them is kept.</exception>
    /// <exception cref="StorageException">The store failed or the file cannot be written; transient also while another call downloads to the same file.</exception>
    public Task<StoredArtifact> DownloadAsync(ContentHash hash, string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new ArtifactDownload(this, hash, Path.GetFullPath(path)).RunAsync(cancellationToken);
    }

    /// <summary>Reads an artifact whole; it is verified before this returns.</summary>
    /// <param name="hash">Which artifact.</param>
    /// <param name="maximumBytes">The most that is read into memory.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="ArtifactNotFoundException">The store does not hold it.</exception>
    /// <exception cref="ArtifactCorruptException">The bytes are not those that were stored.</exception>
    /// <exception cref="StorageException">It is larger than <paramref name="maximumBytes"/>.</exception>
    public ValueTask<byte[]> ReadAllBytesAsync(ContentHash hash, int maximumBytes, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumBytes);
        return ReadAllAsync(hash, maximumBytes, cancellationToken);
    }

    private async ValueTask<Stream> OpenPartAsync(ContentHash hash, long offset, long length, CancellationToken cancellationToken)
    {
        List<long> stored = await _database.QueryAsync(
            "SELECT length FROM mlops_artifact WHERE hash = @hash", static row => row.GetInt64(0), cancellationToken, ("@hash", hash.ToArray())).ConfigureAwait(false);
        if (stored.Count == 0)
        {
            throw new ArtifactNotFoundException(hash);
        }

        long left = stored[0] - offset;
        if (left < 0)
        {
            throw new ArtifactRangeException(hash, offset, stored[0]);
        }

        long count = Math.Min(length, left);
        try
        {
            Stream part = await Store.OpenRangeAsync(hash, offset, count, cancellationToken).ConfigureAwait(false);
            if (part.Length == count)
            {
                return part;
            }

            long found = offset + part.Length;
            await part.DisposeAsync().ConfigureAwait(false);
            throw new ArtifactCorruptException(hash, stored[0], found);
        }
        catch (ArtifactRangeException exception)
        {
            throw new ArtifactCorruptException(hash, stored[0], exception.Length);
        }
    }

    private async ValueTask<byte[]> ReadAllAsync(ContentHash hash, int maximumBytes, CancellationToken cancellationToken)
    {
        Stream stream = await Store.OpenReadAsync(hash, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            if (stream.Length > maximumBytes)
            {
                throw new StorageException($"Reading artifact {hash} into memory: it has {stream.Length} bytes, allowed are {maximumBytes}. Read it as a stream, or allow more.");
            }

            byte[] bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            if (bytes.Length == 0)
            {
                _ = await stream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false);
            }

            return bytes;
        }
    }
}
