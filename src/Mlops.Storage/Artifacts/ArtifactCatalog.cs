namespace Mlops.Storage;

/// <summary>
/// Artifacts with the rows that keep them: an upload is pinned, a feature's row references it in the same transaction that creates
/// the row, and what neither pins nor references protect is collected. Thread-safe, also across processes.
/// </summary>
public sealed partial class ArtifactCatalog
{
    private static readonly TimeSpan PinDuration = TimeSpan.FromHours(1);
    private static readonly TimeSpan DeletionPoll = TimeSpan.FromMilliseconds(20);

    private readonly Database _database;
    private readonly LeaseTable _leases;
    private readonly UploadFolder _uploads;

    /// <summary>Joins a database and a store.</summary>
    /// <param name="database">Holds the rows.</param>
    /// <param name="store">Holds the bytes; all processes on the database use the same store.</param>
    /// <param name="leases">By whose clock pins run out, and who collects; null for those of the database.</param>
    /// <param name="options">Bounds of upload sessions; null for the defaults.</param>
    /// <param name="timeProvider">The clock that upload sessions expire by; null for the host's.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public ArtifactCatalog(Database database, IArtifactStore store, LeaseTable? leases = null, ArtifactOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(store);
        options ??= new ArtifactOptions();
        ArtifactOptionsValidator.ThrowIfInvalid(options);
        _database = database;
        Store = store;
        _leases = leases ?? new LeaseTable(database);
        _uploads = new UploadFolder(options, store.LocalFolder ?? database.DefaultArtifactFolder, timeProvider ?? TimeProvider.System);
    }

    /// <summary>Where the bytes are.</summary>
    public IArtifactStore Store { get; }

    /// <summary>
    /// Stores the stream, from its position to its end. When it returns, the bytes survive loss of power and stay at least until the
    /// upload is disposed. Equal bytes are stored once.
    /// </summary>
    /// <exception cref="StorageException">The store or the database failed.</exception>
    public Task<ArtifactUpload> UploadAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        return StoreAsync(content, expected: null, cancellationToken);
    }

    /// <summary>Inside the write that creates the referencing row: keeps the artifact from now on. Repeating it changes nothing.</summary>
    /// <param name="session">The write's session.</param>
    /// <param name="hash">Of an artifact whose upload is open, or that something else references.</param>
    /// <param name="owner">Who refers to it, for example <c>tracking/run/12/model.onnx</c>.</param>
    /// <exception cref="ArtifactNotFoundException">The artifact is not stored, or is being collected.</exception>
    public static void AddReference(SqlSession session, ContentHash hash, string owner)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentException.ThrowIfNullOrEmpty(owner);
        if (LockState(session, hash) != ArtifactState.Live)
        {
            throw new ArtifactNotFoundException(
                hash, $"Referencing artifact {hash} from '{owner}': it is not stored. Upload it, and keep the upload open until the reference is written.");
        }

        session.Execute(
            "INSERT INTO mlops_artifact_reference (hash, owner) VALUES (@hash, @owner) ON CONFLICT (hash, owner) DO NOTHING",
            ("@hash", hash.ToArray()), ("@owner", owner));
    }

    /// <summary>Inside the write that removes the referencing row. An artifact without references is removed by the next collection.</summary>
    public static void RemoveReference(SqlSession session, ContentHash hash, string owner)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentException.ThrowIfNullOrEmpty(owner);
        session.Execute(
            "DELETE FROM mlops_artifact_reference WHERE hash = @hash AND owner = @owner",
            ("@hash", hash.ToArray()), ("@owner", owner));
    }

    /// <summary>Inside a write: the number of an artifact's bytes; null when it is not stored.</summary>
    public static long? FindLength(SqlSession session, ContentHash hash)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.QueryFirst("SELECT length FROM mlops_artifact WHERE hash = @hash", static row => (long?)row.GetInt64(0), ("@hash", hash.ToArray()));
    }

    /// <summary>Makes a pin last from now; false when the artifact has been collected.</summary>
    internal Task<bool> RenewAsync(ContentHash hash, string pin, CancellationToken cancellationToken) => _database.WriteAsync(
        (_leases.Clock, hash, pin),
        static (session, state) => LockState(session, state.hash) == ArtifactState.Live && Renew(session, state.Clock, state.hash, state.pin),
        Durability.Process,
        cancellationToken);

    internal async ValueTask UnpinAsync(ContentHash hash, string pin)
    {
        try
        {
            await _database.WriteAsync(
                (hash, pin),
                static (session, state) => session.Execute(
                    "DELETE FROM mlops_artifact_pin WHERE hash = @hash AND owner = @owner",
                    ("@hash", state.hash.ToArray()), ("@owner", state.pin))).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // The pin runs out by itself.
        }
    }

    private async Task<ArtifactUpload> StoreAsync(Stream content, ContentHash? expected, CancellationToken cancellationToken)
    {
        StagedArtifact staged = await Store.StageAsync(content, cancellationToken).ConfigureAwait(false);
        await using (staged.ConfigureAwait(false))
        {
            if (expected is { } hash && hash != staged.Artifact.Hash)
            {
                throw new UploadMismatchException(hash, staged.Artifact.Hash);
            }

            string pin = Guid.NewGuid().ToString("N");
            await PinAsync(staged.Artifact, pin, cancellationToken).ConfigureAwait(false);
            try
            {
                // Also over bytes that are there: they may be damaged, and these are known to be right.
                await staged.PublishAsync(cancellationToken).ConfigureAwait(false);

                // Also where the artifact was live: publishing takes its time, and the pin must last from here.
                await MarkLiveAsync(staged.Artifact.Hash, pin, cancellationToken).ConfigureAwait(false);
                return new ArtifactUpload(this, staged.Artifact, pin);
            }
            catch
            {
                await UnpinAsync(staged.Artifact.Hash, pin).ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Pins the artifact under the lock of its row; waits while the row is being deleted.</summary>
    private async ValueTask<long> PinAsync(StoredArtifact artifact, string pin, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Power: a pin that is lost while the file survives would leave a file that no row accounts for.
            long state = await _database.WriteAsync(
                (_leases.Clock, artifact, pin),
                static (session, state) => Pin(session, state.Clock, state.artifact, state.pin),
                Durability.Power,
                cancellationToken).ConfigureAwait(false);
            if (state != ArtifactState.Deleting)
            {
                return state;
            }

            // Whoever marked it may have died: finish in its place, unless it lives and holds the lease.
            if (await FinishDeletionsAsync(cancellationToken).ConfigureAwait(false) is null)
            {
                await Task.Delay(DeletionPoll, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static long Pin(SqlSession session, ILeaseClock clock, StoredArtifact artifact, string pin)
    {
        byte[] hash = artifact.Hash.ToArray();
        session.Execute(
            "INSERT INTO mlops_artifact (hash, length, state) VALUES (@hash, @length, @state) ON CONFLICT (hash) DO NOTHING",
            ("@hash", hash), ("@length", artifact.Length), ("@state", ArtifactState.Arriving));
        long? state = LockState(session, artifact.Hash);
        if (state is null or ArtifactState.Deleting)
        {
            // Null: a collection removed the row between the two statements.
            return ArtifactState.Deleting;
        }

        session.Execute(
            """
            INSERT INTO mlops_artifact_pin (hash, owner, until) VALUES (@hash, @owner, @until)
            ON CONFLICT (hash, owner) DO UPDATE SET until = excluded.until
            """,
            ("@hash", hash), ("@owner", pin), ("@until", PinUntil(session, clock)));
        return state.Value;
    }

    private async ValueTask MarkLiveAsync(ContentHash hash, string pin, CancellationToken cancellationToken)
    {
        bool live = await _database.WriteAsync(
            (_leases.Clock, hash, pin),
            static (session, state) =>
            {
                if (LockState(session, state.hash) is null or ArtifactState.Deleting)
                {
                    return false;
                }

                return Renew(session, state.Clock, state.hash, state.pin) && session.Execute(
                    "UPDATE mlops_artifact SET state = @state WHERE hash = @hash",
                    ("@state", ArtifactState.Live), ("@hash", state.hash.ToArray())) == 1;
            },
            Durability.Process,
            cancellationToken).ConfigureAwait(false);
        if (!live)
        {
            throw new StorageException($"Storing artifact {hash}: publishing took longer than {PinDuration}, and the artifact was collected meanwhile. Upload it again.") { IsTransient = true };
        }
    }

    private static bool Renew(SqlSession session, ILeaseClock clock, ContentHash hash, string pin) => session.Execute(
        "UPDATE mlops_artifact_pin SET until = @until WHERE hash = @hash AND owner = @owner",
        ("@until", PinUntil(session, clock)), ("@hash", hash.ToArray()), ("@owner", pin)) == 1;

    /// <summary>The row's state under its lock, so that no collection decides about it before this transaction ends.</summary>
    private static long? LockState(SqlSession session, ContentHash hash) => session.QueryFirst(
        session.Dialect.ForUpdate.Length == 0
            ? "SELECT state FROM mlops_artifact WHERE hash = @hash"
            : "SELECT state FROM mlops_artifact WHERE hash = @hash FOR UPDATE",
        static row => (long?)row.GetInt64(0),
        ("@hash", hash.ToArray()));

    private static long PinUntil(SqlSession session, ILeaseClock clock) => clock.Read(session) + UnixMicroseconds.From(PinDuration);
}
