namespace Mlops.Storage;

/// <summary>
/// Which artifacts exist, who refers to them, and who is about to. An upload pins before it stores, the referring write is
/// conditional on the artifact being live, and collection marks an artifact before it deletes the file: whichever order the
/// three meet in, no reference is left without its bytes. Thread-safe.
/// </summary>
public sealed class ArtifactCatalog
{
    // Long enough for the write that follows an upload; a crashed process leaves its pin behind for no longer.
    private static readonly TimeSpan PinDuration = TimeSpan.FromHours(1);

    // One collector at a time: a second one could delete the file of an artifact that was stored again meanwhile.
    private const string CollectorLease = "storage/artifact-collection";
    private static readonly TimeSpan CollectorLeaseDuration = TimeSpan.FromSeconds(30);

    private const int RetryMilliseconds = 10;
    private const int RetriesBeforeHelping = 200;
    private const long Live = 0;
    private const long Deleting = 1;

    private readonly Database _database;
    private readonly ILeaseClock _clock;
    private readonly LeaseTable _leases;

    /// <summary>A catalogue in the database over the bytes in the store.</summary>
    public ArtifactCatalog(Database database, IArtifactStore store, ILeaseClock? clock = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(store);
        _database = database;
        Store = store;
        _clock = clock ?? DatabaseLeaseClock.Instance;
        _leases = new LeaseTable(database, clock);
    }

    /// <summary>Where the bytes are.</summary>
    public IArtifactStore Store { get; }

    /// <summary>Stores the stream to its end and pins the result for an hour or until the upload is disposed.</summary>
    public async Task<ArtifactUpload> UploadAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);

        // The pin comes before the hash is known, so it holds back the collection of everything for the moments the store needs.
        string pin = Guid.NewGuid().ToString("N");
        await PinAsync(pin, hash: null, length: 0, cancellationToken).ConfigureAwait(false);
        try
        {
            StoredArtifact artifact = await Store.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            await PinAsync(pin, artifact.Hash.ToArray(), artifact.Length, cancellationToken).ConfigureAwait(false);
            return new ArtifactUpload(this, pin, artifact);
        }
        catch
        {
            await UnpinAsync(pin).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Inside the write that refers to the artifact: keeps it from being collected. Repeating it does nothing.</summary>
    /// <param name="session">The open write.</param>
    /// <param name="hash">The artifact.</param>
    /// <param name="owner">Who refers to it, unique among the references of this artifact, for example <c>tracking/run/12/model.onnx</c>.</param>
    /// <exception cref="ArtifactNotFoundException">The catalogue does not hold it, or it is being deleted: upload it again.</exception>
    public static void AddReference(SqlSession session, ContentHash hash, string owner)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentException.ThrowIfNullOrEmpty(owner);
        byte[] key = hash.ToArray();

        // Touching the row holds it until the commit, so that a collection elsewhere sees the reference or waits.
        int live = session.Execute(
            "UPDATE mlops_artifact SET state = @live WHERE hash = @hash AND state = @live",
            ("@live", Live), ("@hash", key));
        if (live == 0)
        {
            throw new ArtifactNotFoundException(hash);
        }

        session.Execute(
            "INSERT INTO mlops_artifact_reference (hash, owner) VALUES (@hash, @owner) ON CONFLICT (hash, owner) DO NOTHING",
            ("@hash", key), ("@owner", owner));
    }

    /// <summary>Inside a write: gives the reference up; the artifact is removed by a later collection if nobody else refers to it.</summary>
    public static void RemoveReference(SqlSession session, ContentHash hash, string owner)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Execute(
            "DELETE FROM mlops_artifact_reference WHERE hash = @hash AND owner = @owner",
            ("@hash", hash.ToArray()), ("@owner", owner));
    }

    /// <summary>Opens an artifact; see <see cref="IArtifactStore.OpenReadAsync"/>.</summary>
    public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default) =>
        Store.OpenReadAsync(hash, cancellationToken);

    /// <summary>Reads an artifact whole; its bytes are verified before they are returned.</summary>
    /// <exception cref="StorageException">It is longer than allowed, missing or corrupt.</exception>
    public async ValueTask<byte[]> ReadAllBytesAsync(ContentHash hash, int maximumBytes, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumBytes);
        Stream stream = await OpenReadAsync(hash, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var bytes = new MemoryStream();
            byte[] buffer = new byte[64 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (bytes.Length + read > maximumBytes)
                {
                    throw new StorageException($"Reading artifact {hash}: it is longer than the {maximumBytes} bytes allowed here.");
                }

                bytes.Write(buffer, 0, read);
            }

            return bytes.ToArray();
        }
    }

    /// <summary>Removes artifacts that nobody refers to or has pinned; removes nothing while another process collects.</summary>
    /// <param name="maximumArtifacts">How many to remove at most in this call.</param>
    /// <param name="cancellationToken">Stops between two artifacts.</param>
    public async Task<ArtifactCollection> CollectGarbageAsync(int maximumArtifacts = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumArtifacts);
        HeldLease? lease = await HeldLease.TryAcquireAsync(_leases, CollectorLease, Guid.NewGuid().ToString("N"), CollectorLeaseDuration, cancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            return new ArtifactCollection(0, 0);
        }

        await using (lease.ConfigureAwait(false))
        {
            return await CollectAsync(lease, maximumArtifacts, cancellationToken).ConfigureAwait(false);
        }
    }

    internal Task UnpinAsync(string pin) => _database.WriteAsync(
        pin,
        static (session, pin) => session.Execute("DELETE FROM mlops_artifact_pin WHERE pin = @pin", ("@pin", pin)));

    private async Task<ArtifactCollection> CollectAsync(HeldLease lease, int maximumArtifacts, CancellationToken cancellationToken)
    {
        int count = 0;
        long bytes = 0;
        List<(byte[] Hash, long Length)> garbage = await _database.WriteAsync(
            (_clock, maximumArtifacts), static (session, state) => Mark(session, state._clock, state.maximumArtifacts), Durability.Process, cancellationToken).ConfigureAwait(false);
        foreach ((byte[] hash, long length) in garbage)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (lease.Lost.IsCancellationRequested)
            {
                break;
            }

            await Store.DeleteAsync(new ContentHash(hash), cancellationToken).ConfigureAwait(false);
            await _database.WriteAsync(
                hash,
                static (session, hash) => session.Execute(
                    "DELETE FROM mlops_artifact WHERE hash = @hash AND state = @deleting", ("@hash", hash), ("@deleting", Deleting)),
                Durability.Process,
                cancellationToken).ConfigureAwait(false);
            count++;
            bytes += length;
        }

        return new ArtifactCollection(count, bytes);
    }

    private static List<(byte[] Hash, long Length)> Mark(SqlSession session, ILeaseClock clock, int maximumArtifacts)
    {
        LockPins(session);
        long now = clock.Read(session);
        session.Execute("DELETE FROM mlops_artifact_pin WHERE until <= @now", ("@now", now));

        // A pin without a hash is an upload whose bytes may be in the store before its row is: nothing may go meanwhile.
        bool uploading = session.QueryFirst("SELECT 1 FROM mlops_artifact_pin WHERE hash IS NULL LIMIT 1", static _ => true);
        if (!uploading)
        {
            session.Execute(
                """
                UPDATE mlops_artifact SET state = @deleting
                WHERE state = @live AND hash IN (
                    SELECT a.hash FROM mlops_artifact a
                    WHERE a.state = @live
                        AND NOT EXISTS (SELECT 1 FROM mlops_artifact_reference r WHERE r.hash = a.hash)
                        AND NOT EXISTS (SELECT 1 FROM mlops_artifact_pin p WHERE p.hash = a.hash)
                    ORDER BY a.hash LIMIT @maximum)
                """,
                ("@deleting", Deleting), ("@live", Live), ("@maximum", maximumArtifacts));
        }

        // Those left by a collection that was killed are finished too.
        return session.Query(
            "SELECT hash, length FROM mlops_artifact WHERE state = @deleting ORDER BY hash LIMIT @maximum",
            static row => (row.GetFieldValue<byte[]>(0), row.GetInt64(1)),
            ("@deleting", Deleting), ("@maximum", maximumArtifacts));
    }

    /// <summary>Uploads and collections take turns: both change the one row that counts them.</summary>
    private static void LockPins(SqlSession session) =>
        session.Execute("UPDATE mlops_artifact_turn SET turn = turn + 1 WHERE id = 1");

    private async Task PinAsync(string pin, byte[]? hash, long length, CancellationToken cancellationToken)
    {
        for (int attempt = 1; !await _database.WriteAsync(
            (_clock, pin, hash, length), static (session, state) => TryPin(session, state._clock, state.pin, state.hash, state.length),
            Durability.Process, cancellationToken).ConfigureAwait(false); attempt++)
        {
            // A collection is deleting: once its rows are gone the same bytes can be stored again.
            await Task.Delay(RetryMilliseconds, cancellationToken).ConfigureAwait(false);
            if (attempt % RetriesBeforeHelping == 0)
            {
                // The collecting process may have been killed; then its work is finished here.
                await CollectGarbageAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool TryPin(SqlSession session, ILeaseClock clock, string pin, byte[]? hash, long length)
    {
        LockPins(session);
        bool deleting = hash is null
            ? session.QueryFirst("SELECT 1 FROM mlops_artifact WHERE state = @deleting LIMIT 1", static _ => true, ("@deleting", Deleting))
            : session.QueryFirst("SELECT 1 FROM mlops_artifact WHERE hash = @hash AND state = @deleting", static _ => true, ("@hash", hash), ("@deleting", Deleting));
        if (deleting)
        {
            return false;
        }

        session.Execute(
            """
            INSERT INTO mlops_artifact_pin (pin, hash, until) VALUES (@pin, @hash, @until)
            ON CONFLICT (pin) DO UPDATE SET hash = excluded.hash, until = excluded.until
            """,
            ("@pin", pin), ("@hash", hash), ("@until", clock.Read(session) + (PinDuration.Ticks / TimeSpan.TicksPerMicrosecond)));
        if (hash is not null)
        {
            session.Execute(
                "INSERT INTO mlops_artifact (hash, length, state) VALUES (@hash, @length, @live) ON CONFLICT (hash) DO NOTHING",
                ("@hash", hash), ("@length", length), ("@live", Live));
        }

        return true;
    }
}
