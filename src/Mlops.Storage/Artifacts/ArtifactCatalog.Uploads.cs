namespace Mlops.Storage;

public sealed partial class ArtifactCatalog
{
    /// <summary>
    /// Begins an upload that comes in pieces and goes on after a broken connection, a restart or <c>kill -9</c>. Its bytes wait in a folder of
    /// this machine (<see cref="ArtifactOptions.UploadFolder"/>), whatever the store, because where an artifact goes is known only from its hash.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no local folder and none was named.</exception>
    /// <exception cref="StorageException">The folder cannot be written to.</exception>
    public Task<UploadSession> BeginUploadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_uploads.Begin());
    }

    /// <summary>How far an upload is; its offset is where the next piece begins.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="cancellationToken">Cancels the look.</param>
    /// <exception cref="UploadNotFoundException">There is none, or it has expired.</exception>
    public Task<UploadSession> GetUploadAsync(string session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_uploads.Get(session));
    }

    /// <summary>
    /// Adds a piece, from the stream's position to its end. When it returns, all bytes up to the offset it tells survive loss of power. A piece
    /// that fails midway, for example because its sender went away, leaves what arrived: ask for the offset and go on.
    /// </summary>
    /// <param name="session">The session's id.</param>
    /// <param name="offset">Where the piece begins: as many bytes as are stored.</param>
    /// <param name="content">The piece; its length need not be known.</param>
    /// <param name="cancellationToken">Stops; what arrived is kept.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative.</exception>
    /// <exception cref="UploadOffsetException">The piece begins elsewhere; says where it should.</exception>
    /// <exception cref="UploadBusyException">Another call works on the session.</exception>
    /// <exception cref="UploadTooLargeException">There would be too many bytes; nothing of the piece is kept.</exception>
    /// <exception cref="UploadNotFoundException">There is no such session, or it has expired.</exception>
    public Task<UploadSession> AppendAsync(string session, long offset, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentNullException.ThrowIfNull(content);
        return _uploads.AppendAsync(session, offset, content, cancellationToken);
    }

    /// <summary>
    /// Stores what has arrived as an artifact and ends the session. When it fails, the session stays and the call can be repeated.
    /// </summary>
    /// <param name="session">The session's id.</param>
    /// <param name="expected">What the sender says the bytes hash to; null to take them as they are. Give it: only the sender knows what was sent.</param>
    /// <param name="cancellationToken">Cancels the storing; the session stays.</param>
    /// <returns>The artifact, protected until it is disposed: add the reference while it is open.</returns>
    /// <exception cref="UploadMismatchException">Other bytes have arrived; nothing was stored.</exception>
    /// <exception cref="UploadBusyException">Another call works on the session.</exception>
    /// <exception cref="UploadNotFoundException">There is no such session, or it has expired.</exception>
    /// <exception cref="StorageException">The store or the database failed.</exception>
    public async Task<ArtifactUpload> CompleteAsync(string session, ContentHash? expected = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        FileStream held = _uploads.Hold(session);
        await using (held.ConfigureAwait(false))
        {
            ArtifactUpload upload = await StoreAsync(held, expected, cancellationToken).ConfigureAwait(false);
            try
            {
                _uploads.Remove(held);
                return upload;
            }
            catch
            {
                await upload.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Forgets an upload and its bytes; does nothing when there is none.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="cancellationToken">Cancels the call before it has begun.</param>
    /// <exception cref="UploadBusyException">Another call works on the session.</exception>
    public async Task AbortAsync(string session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            FileStream held = _uploads.Hold(session);
            await using (held.ConfigureAwait(false))
            {
                _uploads.Remove(held);
            }
        }
        catch (UploadNotFoundException)
        {
            // Aborted already, or completed.
        }
    }
}
