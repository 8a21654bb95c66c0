namespace Mlops.Storage;

public sealed partial class ArtifactCatalog
{
    private const string CollectionLease = "mlops/artifact-collection";
    private const int BatchSize = 64;

    private static readonly TimeSpan CollectionLeaseDuration = TimeSpan.FromMinutes(1);

    private readonly string _collector = $"{Environment.ProcessId}/{Guid.NewGuid():N}";

    /// <summary>
    /// Removes the artifacts that nothing references and no upload pins: marks the row, removes the bytes, removes the row.
    /// One process collects at a time; while another does, nothing is removed here. Upload sessions of this machine that have expired go as well.
    /// </summary>
    /// <param name="maximumArtifacts">How many to remove at most in this call.</param>
    /// <param name="cancellationToken">Stops between two artifacts; what is marked by then is finished by a later collection.</param>
    public async Task<ArtifactCollection> CollectGarbageAsync(int maximumArtifacts = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumArtifacts);
        _uploads.Sweep();
        var total = new ArtifactCollection(0, 0);
        byte[] after = [];
        while (total.Artifacts < maximumArtifacts)
        {
            int count = Math.Min(BatchSize, maximumArtifacts - total.Artifacts);
            List<byte[]> candidates = await FindCandidatesAsync(after, count, cancellationToken).ConfigureAwait(false);
            if (candidates.Count > 0)
            {
                // Power: the bytes are removed for good, so the mark must not be forgotten before the row is.
                await _database.WriteAsync((_leases.Clock, candidates), static (session, state) => Mark(session, state.Clock, state.candidates), Durability.Power, cancellationToken)
                    .ConfigureAwait(false);
            }

            if (await FinishDeletionsAsync(cancellationToken).ConfigureAwait(false) is not { } finished)
            {
                break;
            }

            total = new ArtifactCollection(total.Artifacts + finished.Artifacts, total.Bytes + finished.Bytes);
            if (candidates.Count < count)
            {
                break;
            }

            after = candidates[^1];
        }

        return total;
    }

    private async ValueTask<List<byte[]>> FindCandidatesAsync(byte[] after, int count, CancellationToken cancellationToken) => await _database.QueryAsync(
        """
        SELECT hash FROM mlops_artifact
        WHERE state <> @deleting AND hash > @after
            AND NOT EXISTS (SELECT 1 FROM mlops_artifact_reference r WHERE r.hash = mlops_artifact.hash)
        ORDER BY hash LIMIT @count
        """,
        static row => row.GetFieldValue<byte[]>(0),
        cancellationToken,
        ("@deleting", ArtifactState.Deleting), ("@after", after), ("@count", count)).ConfigureAwait(false);

    /// <summary>
    /// The lock comes first and the check in a statement of its own: on PostgreSQL a statement does not see what was committed while it
    /// waited for the lock, except in the locked row itself.
    /// </summary>
    private static bool Mark(SqlSession session, ILeaseClock clock, List<byte[]> candidates)
    {
        long now = clock.Read(session);
        foreach (byte[] hash in candidates)
        {
            if (LockState(session, new ContentHash(hash)) is null or ArtifactState.Deleting)
            {
                continue;
            }

            session.Execute("DELETE FROM mlops_artifact_pin WHERE hash = @hash AND until <= @now", ("@hash", hash), ("@now", now));
            session.Execute(
                """
                UPDATE mlops_artifact SET state = @deleting
                WHERE hash = @hash
                    AND NOT EXISTS (SELECT 1 FROM mlops_artifact_reference r WHERE r.hash = mlops_artifact.hash)
                    AND NOT EXISTS (SELECT 1 FROM mlops_artifact_pin p WHERE p.hash = mlops_artifact.hash)
                """,
                ("@deleting", ArtifactState.Deleting), ("@hash", hash));
        }

        return true;
    }

    /// <summary>
    /// Removes what is marked, also by a process that died. The lease keeps a second collector away: it would remove bytes that were
    /// uploaded again after the first one had removed the row.
    /// </summary>
    /// <returns>What was removed; null when another process is at it.</returns>
    private async ValueTask<ArtifactCollection?> FinishDeletionsAsync(CancellationToken cancellationToken)
    {
        HeldLease? lease = await HeldLease.TryAcquireAsync(_leases, CollectionLease, _collector, CollectionLeaseDuration, cancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            return null;
        }

        await using (lease.ConfigureAwait(false))
        {
            var removed = new ArtifactCollection(0, 0);
            while (await FindMarkedAsync(cancellationToken).ConfigureAwait(false) is { Count: > 0 } marked)
            {
                foreach ((byte[] hash, long length) in marked)
                {
                    if (lease.Lost.IsCancellationRequested || await DeleteAsync(lease, hash, cancellationToken).ConfigureAwait(false) is not { } rows)
                    {
                        return removed;
                    }

                    var one = new ArtifactCollection(rows, rows * length);
                    StorageInstruments.RecordCollection(one);
                    removed = new ArtifactCollection(removed.Artifacts + one.Artifacts, removed.Bytes + one.Bytes);
                }
            }

            return removed;
        }
    }

    private ValueTask<List<(byte[] Hash, long Length)>> FindMarkedAsync(CancellationToken cancellationToken) => _database.QueryAsync(
        "SELECT hash, length FROM mlops_artifact WHERE state = @deleting ORDER BY hash LIMIT @count",
        static row => (row.GetFieldValue<byte[]>(0), row.GetInt64(1)),
        cancellationToken,
        ("@deleting", ArtifactState.Deleting), ("@count", BatchSize));

    /// <summary>Removes the bytes, then the row if it is still marked; how many rows that were, or null when the lease was lost.</summary>
    private async ValueTask<int?> DeleteAsync(HeldLease lease, byte[] hash, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        try
        {
            // Not beyond the lease: a request that is repeated later could meet bytes that were uploaded again.
            await Store.DeleteAsync(new ContentHash(hash), stop.Token).ConfigureAwait(false);
            return await _database.WriteAsync(
                (lease.Lease, hash),
                static (session, state) =>
                {
                    LeaseTable.RequireHeld(session, state.Lease);
                    return session.Execute(
                        "DELETE FROM mlops_artifact WHERE hash = @hash AND state = @deleting",
                        ("@hash", state.hash), ("@deleting", ArtifactState.Deleting));
                },
                Durability.Process,
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is LeaseLostException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
