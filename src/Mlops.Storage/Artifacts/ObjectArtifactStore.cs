using System.Buffers;

namespace Mlops.Storage;

/// <summary>
/// What artifact stores on object storage share. An artifact is spooled to a local file while it is hashed, because its key is its hash; then it is
/// put in one piece or in parts, and its length is asked for afterwards. An object that is there already is read and verified instead of
/// sent again. Reads are verified as those of every store. Derived stores put, open, measure and remove objects. Thread-safe.
/// </summary>
public abstract class ObjectArtifactStore : IArtifactStore
{
    private const int BufferBytes = 128 * 1024;

    private readonly string? _spoolFolder;

    /// <summary>Prepares a store.</summary>
    /// <param name="spoolFolder">
    /// Where artifacts wait while they are hashed and sent; it needs space for all that are under way, and is created when it is missing. Null for the
    /// temporary folder. The files have no name where the system allows it and vanish with the process.
    /// </param>
    protected ObjectArtifactStore(string? spoolFolder) => _spoolFolder = spoolFolder is null ? null : Path.GetFullPath(spoolFolder);

    /// <inheritdoc/>
    public string? LocalFolder => _spoolFolder;

    /// <inheritdoc/>
    public async ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        FileStream file = OpenSpool();
        try
        {
            StoredArtifact artifact = await HashingCopy.WriteAsync(content, file, Failure, cancellationToken).ConfigureAwait(false);
            return new StagedObject(this, file, new SpooledArtifact(artifact, file.SafeFileHandle));
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default) =>
        new VerifyingStream(await OpenObjectAsync(hash, 0, null, cancellationToken).ConfigureAwait(false), hash);

    /// <inheritdoc/>
    public ValueTask<Stream> OpenRangeAsync(ContentHash hash, long offset, long? length = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        return OpenPartAsync(hash, offset, length ?? long.MaxValue, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default) =>
        await MeasureAsync(hash, $"Looking for artifact {hash}", cancellationToken).ConfigureAwait(false) is not null;

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default) =>
        await CallAsync($"Removing artifact {hash}", token => RemoveAsync(hash, token), cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Stores the artifact under a key made of its hash, whole or not at all; what was sent of an attempt that failed is removed as far as the server
    /// can be reached. Where the server can, it puts only if nothing is there; that somebody else has put the same bytes meanwhile is success.
    /// </summary>
    /// <param name="artifact">What to send.</param>
    /// <param name="replace">True to overwrite what is there: it is damaged.</param>
    /// <param name="cancellationToken">Cancels the transfer.</param>
    protected abstract Task PutAsync(SpooledArtifact artifact, bool replace, CancellationToken cancellationToken);

    /// <summary>Opens an object; null when there is none.</summary>
    /// <param name="hash">Makes the key.</param>
    /// <param name="offset">Bytes to leave out; fewer than the object has unless 0.</param>
    /// <param name="length">How many bytes; null for all the rest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    protected abstract Task<ObjectContent?> OpenAsync(ContentHash hash, long offset, long? length, CancellationToken cancellationToken);

    /// <summary>The length of an object; null when there is none.</summary>
    protected abstract Task<long?> FindLengthAsync(ContentHash hash, CancellationToken cancellationToken);

    /// <summary>Removes an object; does nothing when there is none.</summary>
    protected abstract Task RemoveAsync(ContentHash hash, CancellationToken cancellationToken);

    /// <summary>Says in the family's words what the client has thrown; null for exceptions that are not the client's.</summary>
    /// <param name="attempt">What was attempted, to begin the message with. The message must not repeat what the client says of credentials.</param>
    /// <param name="exception">What was thrown.</param>
    protected abstract StorageException? Explain(string attempt, Exception exception);

    /// <summary>For derived stores that list: runs a request and explains its failure.</summary>
    /// <param name="attempt">What is attempted, to begin a message with.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Passed to the request.</param>
    protected async Task<T> CallAsync<T>(string attempt, Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return await request(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is not StorageException)
        {
            if (Explain(attempt, exception) is { } failure)
            {
                throw failure;
            }

            throw;
        }
    }

    private Task<bool> CallAsync(string attempt, Func<CancellationToken, Task> request, CancellationToken cancellationToken) => CallAsync(
        attempt,
        async token =>
        {
            await request(token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private Task<long?> MeasureAsync(ContentHash hash, string attempt, CancellationToken cancellationToken) =>
        CallAsync(attempt, token => FindLengthAsync(hash, token), cancellationToken);

    private async ValueTask<Stream> OpenObjectAsync(ContentHash hash, long offset, long? length, CancellationToken cancellationToken)
    {
        string attempt = $"Reading artifact {hash}";
        ObjectContent content = await CallAsync(attempt, token => OpenAsync(hash, offset, length, token), cancellationToken).ConfigureAwait(false)
            ?? throw new ArtifactNotFoundException(hash);
        return new ObjectBody(content, attempt, Explain);
    }

    private async ValueTask<Stream> OpenPartAsync(ContentHash hash, long offset, long length, CancellationToken cancellationToken)
    {
        long stored = await MeasureAsync(hash, $"Reading artifact {hash}", cancellationToken).ConfigureAwait(false) ?? throw new ArtifactNotFoundException(hash);
        long left = stored - offset;
        if (left < 0)
        {
            throw new ArtifactRangeException(hash, offset, stored);
        }

        long count = Math.Min(length, left);
        return count == 0 ? Stream.Null : await OpenObjectAsync(hash, offset, count, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask PublishAsync(SpooledArtifact spooled, CancellationToken cancellationToken)
    {
        (ContentHash hash, long length) = spooled.Artifact;
        string attempt = $"Storing artifact {hash}";
        long? there = await MeasureAsync(hash, attempt, cancellationToken).ConfigureAwait(false);
        if (there == length && await IsIntactAsync(hash, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        await CallAsync(attempt, token => PutAsync(spooled, there is not null, token), cancellationToken).ConfigureAwait(false);
        long? stored = await MeasureAsync(hash, attempt, cancellationToken).ConfigureAwait(false);
        if (stored == length)
        {
            return;
        }

        if (stored is null)
        {
            throw new StorageException($"{attempt}: the server accepted it and does not have it. Something else removed it; try again.") { IsTransient = true };
        }

        // Nothing else would notice before the first read: the row would say that all is well.
        await DeleteAsync(hash, cancellationToken).ConfigureAwait(false);
        throw new StorageException($"{attempt}: {length} bytes were sent and the server kept {stored}; it was removed again. The server or what lies before it changes bodies: check that it speaks the protocol.");
    }

    /// <summary>Whether what is there is what should be: an object that was damaged at its right length is found only by reading it.</summary>
    private async ValueTask<bool> IsIntactAsync(ContentHash hash, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            Stream stored = await OpenReadAsync(hash, cancellationToken).ConfigureAwait(false);
            await using (stored.ConfigureAwait(false))
            {
                while (await stored.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
                {
                    // The stream itself verifies.
                }
            }

            return true;
        }
        catch (Exception exception) when (exception is ArtifactCorruptException or ArtifactNotFoundException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private FileStream OpenSpool()
    {
        try
        {
            string folder = _spoolFolder ?? Path.GetTempPath();
            Directory.CreateDirectory(folder);
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
                Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            var file = new FileStream(Path.Combine(folder, $"mlops-spool-{Guid.NewGuid():N}"), options);
            if (!OperatingSystem.IsWindows())
            {
                // A file without a name is gone when the process is, also when it is killed. Windows removes it through DeleteOnClose.
                File.Delete(file.Name);
            }

            return file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure(exception);
        }
    }

    private StorageException Failure(Exception exception) => new(
        $"Spooling an artifact in '{_spoolFolder ?? Path.GetTempPath()}': {exception.Message} Check that the folder may be written to and that the disk has space.", exception);

    private sealed class StagedObject(ObjectArtifactStore store, FileStream file, SpooledArtifact spooled) : StagedArtifact(spooled.Artifact)
    {
        private bool _published;

        public override async ValueTask PublishAsync(CancellationToken cancellationToken = default)
        {
            if (!_published)
            {
                await store.PublishAsync(spooled, cancellationToken).ConfigureAwait(false);
                _published = true;
            }
        }

        public override ValueTask DisposeAsync() => file.DisposeAsync();
    }
}
