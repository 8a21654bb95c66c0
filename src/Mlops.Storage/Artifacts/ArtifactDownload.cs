using System.Buffers;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>One download into a file, which goes on where an earlier one has stopped.</summary>
internal sealed class ArtifactDownload(ArtifactCatalog catalog, ContentHash hash, string path)
{
    private const int BufferBytes = 128 * 1024;
    private const int HashDigitsInName = 16;

    private readonly string _partial = $"{path}.{hash.ToString()[..HashDigitsInName]}.partial";

    public async Task<StoredArtifact> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            long length = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
            File.Move(_partial, path, overwrite: true);
            DirectorySync.Flush(Path.GetDirectoryName(path)!);
            return new StoredArtifact(hash, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure(exception);
        }
    }

    private async Task<long> ReceiveAsync(CancellationToken cancellationToken)
    {
        FileStream file = ExclusiveFile.Open(_partial, FileMode.OpenOrCreate);
        await using (file.ConfigureAwait(false))
        {
            try
            {
                while (true)
                {
                    long kept = file.Length;
                    if (await ReceiveAsync(file, cancellationToken).ConfigureAwait(false) is not { } actual)
                    {
                        RandomAccess.FlushToDisk(file.SafeFileHandle);
                        return file.Length;
                    }

                    // What an earlier call has left may be what is wrong, so that only a whole download accuses the store.
                    file.SetLength(0);
                    if (kept == 0)
                    {
                        throw new ArtifactCorruptException(hash, actual);
                    }
                }
            }
            finally
            {
                if (file.Length == 0)
                {
                    // While it is held, so that it is not another call's by now. An empty artifact is moved instead.
                    DiscardUnlessEmptyIsRight();
                }
            }
        }
    }

    private void DiscardUnlessEmptyIsRight()
    {
        if (hash != ContentHash.Of([]))
        {
            File.Delete(_partial);
        }
    }

    /// <summary>Appends what the file lacks; null when the whole is right, else what it hashes to.</summary>
    private async Task<ContentHash?> ReceiveAsync(FileStream file, CancellationToken cancellationToken)
    {
        using var hashing = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await HashKeptAsync(file, hashing, cancellationToken).ConfigureAwait(false);
        try
        {
            Stream rest = await catalog.OpenRangeAsync(hash, file.Length, null, cancellationToken).ConfigureAwait(false);
            await using (rest.ConfigureAwait(false))
            {
                await HashingCopy.AppendAsync(rest, file, hashing, long.MaxValue, Failure, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ArtifactRangeException)
        {
            // More was kept than the artifact has: it hashes to something else.
        }

        var actual = new ContentHash(hashing.GetHashAndReset());
        return actual == hash ? null : actual;
    }

    private static async Task HashKeptAsync(FileStream file, IncrementalHash hashing, CancellationToken cancellationToken)
    {
        file.Position = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var read && read > 0)
            {
                hashing.AppendData(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private StorageException Failure(Exception exception) =>
        ExclusiveFile.IsHeld(exception)
            ? new StorageException($"Downloading artifact {hash} to '{path}': another call downloads it there now. Wait for that one, or name another file.", exception) { IsTransient = true }
            : new StorageException($"Downloading artifact {hash} to '{path}': {exception.Message} Check that the folder may be written to and that the disk has space.", exception);
}
