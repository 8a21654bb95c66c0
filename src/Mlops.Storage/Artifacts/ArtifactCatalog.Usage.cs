namespace Mlops.Storage;

public sealed partial class ArtifactCatalog
{
    /// <summary>Counts what is stored; reads every row, so it takes longer the more there are.</summary>
    public async Task<ArtifactUsage> GetUsageAsync(CancellationToken cancellationToken = default)
    {
        List<ArtifactUsage> usage = await _database.QueryAsync(
            """
            SELECT count(*), CAST(COALESCE(sum(length), 0) AS BIGINT),
                CAST(COALESCE(sum(CASE WHEN refs = 0 THEN 1 ELSE 0 END), 0) AS BIGINT),
                CAST(COALESCE(sum(CASE WHEN refs = 0 THEN length ELSE 0 END), 0) AS BIGINT),
                CAST(COALESCE(sum(refs * length), 0) AS BIGINT)
            FROM (
                SELECT length, (SELECT count(*) FROM mlops_artifact_reference r WHERE r.hash = mlops_artifact.hash) AS refs
                FROM mlops_artifact
            ) AS counted
            """,
            static row => new ArtifactUsage(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)),
            cancellationToken).ConfigureAwait(false);
        return usage[0];
    }

    /// <summary>What a collection would remove now: the artifacts that nothing refers to and no open upload protects. Removes nothing.</summary>
    /// <param name="maximumArtifacts">How many to list at most.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <returns>In the order of their hashes, as a collection takes them.</returns>
    public Task<List<StoredArtifact>> FindGarbageAsync(int maximumArtifacts = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumArtifacts);
        return _database.ReadAsync(
            (_leases.Clock, maximumArtifacts),
            static (session, state) => session.Query(
                """
                SELECT hash, length FROM mlops_artifact
                WHERE NOT EXISTS (SELECT 1 FROM mlops_artifact_reference r WHERE r.hash = mlops_artifact.hash)
                    AND NOT EXISTS (SELECT 1 FROM mlops_artifact_pin p WHERE p.hash = mlops_artifact.hash AND p.until > @now)
                ORDER BY hash LIMIT @count
                """,
                static row => new StoredArtifact(new ContentHash(row.GetFieldValue<byte[]>(0)), row.GetInt64(1)),
                ("@now", state.Clock.Read(session)), ("@count", state.maximumArtifacts)),
            cancellationToken).AsTask();
    }

    /// <summary>
    /// The artifacts in the store that no row accounts for, such as after the database was restored from an older backup. Reads the whole
    /// listing of the store. Meaningful only where this database alone uses the store: to another one's artifacts it would apply as well.
    /// </summary>
    /// <param name="maximumArtifacts">How many to list at most.</param>
    /// <param name="cancellationToken">Stops the listing.</param>
    /// <exception cref="NotSupportedException">The store cannot list what it holds.</exception>
    public Task<List<StoredArtifact>> FindOrphansAsync(int maximumArtifacts = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumArtifacts);
        return Store is IArtifactListing listing
            ? ListOrphansAsync(listing, maximumArtifacts, cancellationToken)
            : throw new NotSupportedException($"Looking for artifacts without a row: {Store.GetType().Name} cannot list what it holds.");
    }

    /// <summary>
    /// Removes what <see cref="FindOrphansAsync"/> finds, in the steps of a garbage collection: a row marks each for deletion first, so that an
    /// upload of the same bytes waits instead of losing them. Never on a store that another database uses too.
    /// </summary>
    /// <param name="maximumArtifacts">How many to remove at most.</param>
    /// <param name="cancellationToken">Stops between two artifacts.</param>
    /// <returns>What was removed, marked artifacts of an interrupted collection included; nothing while another process collects.</returns>
    /// <exception cref="NotSupportedException">The store cannot list what it holds.</exception>
    public async Task<ArtifactCollection> RemoveOrphansAsync(int maximumArtifacts = 1_000, CancellationToken cancellationToken = default)
    {
        List<StoredArtifact> orphans = await FindOrphansAsync(maximumArtifacts, cancellationToken).ConfigureAwait(false);
        foreach (StoredArtifact[] batch in orphans.Chunk(BatchSize))
        {
            await _database.WriteAsync(
                batch,
                static (session, batch) =>
                {
                    foreach (StoredArtifact orphan in batch)
                    {
                        session.Execute(
                            "INSERT INTO mlops_artifact (hash, length, state) VALUES (@hash, @length, @state) ON CONFLICT (hash) DO NOTHING",
                            ("@hash", orphan.Hash.ToArray()), ("@length", orphan.Length), ("@state", ArtifactState.Deleting));
                    }

                    return true;
                },
                Durability.Power,
                cancellationToken).ConfigureAwait(false);
        }

        return await FinishDeletionsAsync(cancellationToken).ConfigureAwait(false) ?? new ArtifactCollection(0, 0);
    }

    private async Task<List<StoredArtifact>> ListOrphansAsync(IArtifactListing listing, int maximumArtifacts, CancellationToken cancellationToken)
    {
        List<StoredArtifact> orphans = [];
        List<StoredArtifact> batch = [];
        await foreach (StoredArtifact artifact in listing.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            batch.Add(artifact);
            if (batch.Count == BatchSize)
            {
                orphans.AddRange(await WithoutRowAsync(batch, cancellationToken).ConfigureAwait(false));
                batch = [];
                if (orphans.Count >= maximumArtifacts)
                {
                    break;
                }
            }
        }

        orphans.AddRange(await WithoutRowAsync(batch, cancellationToken).ConfigureAwait(false));
        return orphans.Count > maximumArtifacts ? orphans[..maximumArtifacts] : orphans;
    }

    private ValueTask<List<StoredArtifact>> WithoutRowAsync(List<StoredArtifact> listed, CancellationToken cancellationToken) => _database.ReadAsync(
        listed,
        static (session, listed) => listed.FindAll(artifact => session.QueryFirst(
            "SELECT state FROM mlops_artifact WHERE hash = @hash", static row => (long?)row.GetInt64(0), ("@hash", artifact.Hash.ToArray())) is null),
        cancellationToken);
}
