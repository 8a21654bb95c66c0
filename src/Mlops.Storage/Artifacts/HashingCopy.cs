using System.Buffers;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>Copies a stream into a file and hashes it on the way.</summary>
internal static class HashingCopy
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>Reads the stream to its end; only what the file refuses becomes a failure, what the stream throws passes through.</summary>
    public static async ValueTask<StoredArtifact> WriteAsync(
        Stream content, Stream file, Func<Exception, StorageException> failure, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = await AppendAsync(content, file, hash, long.MaxValue, failure, cancellationToken).ConfigureAwait(false);
        return new StoredArtifact(new ContentHash(hash.GetHashAndReset()), length);
    }

    /// <summary>Reads the stream to its end, or stops once it has more bytes than allowed, which are not written; how many bytes were read.</summary>
    public static async ValueTask<long> AppendAsync(
        Stream content, Stream file, IncrementalHash? hash, long allowed, Func<Exception, StorageException> failure, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long length = 0;
            while (length <= allowed && await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var read && read > 0)
            {
                length += read;
                if (length > allowed)
                {
                    break;
                }

                hash?.AppendData(buffer, 0, read);
                try
                {
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                }
                catch (IOException exception)
                {
                    throw failure(exception);
                }
            }

            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
