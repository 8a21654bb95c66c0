using System.Buffers;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Artifacts in a folder, as <c>ab/cd/abcd...</c>. A write goes to a temporary file, is synchronised, renamed into place, and the
/// folder synchronised; what a killed process leaves behind is removed a day later.
/// </summary>
public sealed class FileArtifactStore : IArtifactStore
{
    private const int BufferBytes = 128 * 1024;
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private readonly string _root;
    private readonly string _incoming;
    private readonly TimeProvider _time;
    private bool _swept;

    /// <summary>Stores in the folder, which is created by the first write.</summary>
    /// <param name="folder">A local folder of this store's own.</param>
    /// <param name="timeProvider">Decides when a left-over file is old; null for the system's clock.</param>
    public FileArtifactStore(string folder, TimeProvider? timeProvider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _root = Path.GetFullPath(folder);
        _incoming = Path.Combine(_root, "incoming");
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>The folder's full path.</summary>
    public string Folder => _root;

    /// <inheritdoc/>
    public async ValueTask<StoredArtifact> WriteAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        try
        {
            Directory.CreateDirectory(_incoming);
            SweepOnce();
            return await StoreAsync(content, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"Writing an artifact to '{_root}': {exception.Message} Check the folder's rights and the free space; nothing was stored.", exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default)
    {
        string path = PathOf(hash);
        FileInfo file = new(path);
        if (!file.Exists || file.LinkTarget is not null)
        {
            throw new ArtifactNotFoundException(hash);
        }

        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan);
            return new ValueTask<Stream>(new VerifiedStream(stream, hash));
        }
        catch (FileNotFoundException)
        {
            throw new ArtifactNotFoundException(hash);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Reading artifact {hash} from '{_root}': {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default)
    {
        FileInfo file = new(PathOf(hash));
        return new(file.Exists && file.LinkTarget is null);
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default)
    {
        try
        {
            File.Delete(PathOf(hash));
        }
        catch (DirectoryNotFoundException)
        {
            // Never stored.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Deleting artifact {hash} from '{_root}': {exception.Message}", exception);
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask<StoredArtifact> StoreAsync(Stream content, CancellationToken cancellationToken)
    {
        string temporary = Path.Combine(_incoming, Guid.NewGuid().ToString("N"));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var hasher = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long length = 0;
            var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await using (file.ConfigureAwait(false))
            {
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    hasher.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                    length += read;
                }

                file.Flush(flushToDisk: true);
            }

            ContentHash hash = Finish(hasher);
            Publish(temporary, PathOf(hash), length);
            return new StoredArtifact(hash, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            File.Delete(temporary);
        }
    }

    private static ContentHash Finish(IncrementalHash hasher)
    {
        Span<byte> bytes = stackalloc byte[ContentHash.Length];
        hasher.GetHashAndReset(bytes);
        return new ContentHash(bytes);
    }

    private void Publish(string temporary, string path, long length)
    {
        FileInfo existing = new(path);
        if (existing.Exists && existing.Length == length && existing.LinkTarget is null)
        {
            return; // The same bytes are there already.
        }

        string folder = Path.GetDirectoryName(path)!;
        bool isNew = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        File.Move(temporary, path, overwrite: true);
        DurableFile.SynchronizeDirectory(folder);
        if (isNew)
        {
            DurableFile.SynchronizeDirectory(Path.GetDirectoryName(folder)!);
            DurableFile.SynchronizeDirectory(_root);
        }
    }

    private string PathOf(ContentHash hash)
    {
        string name = hash.ToString();
        return Path.Combine(_root, name[..2], name[2..4], name);
    }

    private void SweepOnce()
    {
        if (Interlocked.Exchange(ref _swept, true))
        {
            return;
        }

        DateTime limit = (_time.GetUtcNow() - LeftoverAge).UtcDateTime;
        foreach (string file in Directory.EnumerateFiles(_incoming))
        {
            if (File.GetLastWriteTimeUtc(file) < limit)
            {
                File.Delete(file);
            }
        }
    }
}
