using Mlops.Storage;

namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    private const int RunsPerLook = 64;

    /// <summary>
    /// Removes for good what has been over for so long: runs with all that belongs to them (log, results, lines, checkpoints, lineage, references to artifacts), and
    /// results in the cache that expired so long ago. Works in short transactions, also while workers run and beside other calls; a call that was broken off is
    /// continued by the next one, and a run of which a part is removed cannot be found any more. Bytes of artifacts go with the next collection of the
    /// <see cref="ArtifactCatalog"/>. Kept are runs with a result that later runs may still take from the cache, and runs whose data a later run that is kept has read.
    /// </summary>
    /// <param name="overFor">How long ago the end of a run was at least, by the database's clock; not negative.</param>
    /// <param name="maximumRuns">How many runs to remove at most in this call.</param>
    /// <param name="cancellationToken">Stops between two transactions.</param>
    /// <returns>How many runs were removed; call again while it is <paramref name="maximumRuns"/>.</returns>
    /// <exception cref="StorageException">The database failed; the next call goes on.</exception>
    public async Task<int> PurgeAsync(TimeSpan overFor, int maximumRuns = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(overFor, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumRuns);
        long now = await Store.ReadClockAsync(cancellationToken).ConfigureAwait(false);
        long before = now - UnixMicroseconds.From(overFor);
        while (await Store.RemoveExpiredAsync(before, cancellationToken).ConfigureAwait(false))
        {
        }

        string? after = "";
        while (after is not null)
        {
            after = await Store.RemoveFlightsAsync(after, cancellationToken).ConfigureAwait(false);
        }

        int removed = await PurgeRunsAsync(now, before, maximumRuns, cancellationToken).ConfigureAwait(false);
        if (removed > 0)
        {
            _telemetry.Purged(removed);
            WorkerLog.RunsPurged(_logger, removed);
        }

        return removed;
    }

    private async Task<int> PurgeRunsAsync(long now, long before, int maximumRuns, CancellationToken cancellationToken)
    {
        int removed = 0;
        foreach (long run in await Store.ListPurgedAsync(maximumRuns, cancellationToken).ConfigureAwait(false))
        {
            removed += await RemoveAsync(run, cancellationToken).ConfigureAwait(false);
        }

        // The latest first: what has read the data of others goes before them.
        (long Finished, long Id) last = (before, long.MaxValue);
        while (removed < maximumRuns)
        {
            List<(long Finished, long Id)> runs = await Store.ListEndedAsync(last, now, RunsPerLook, cancellationToken).ConfigureAwait(false);
            foreach ((long Finished, long Id) run in runs)
            {
                last = run;
                if (removed < maximumRuns && await Store.TryPurgeAsync(run.Id, before, cancellationToken).ConfigureAwait(false))
                {
                    removed += await RemoveAsync(run.Id, cancellationToken).ConfigureAwait(false);
                }
            }

            if (runs.Count < RunsPerLook)
            {
                break;
            }
        }

        return removed;
    }

    private async Task<int> RemoveAsync(long run, CancellationToken cancellationToken)
    {
        bool? isDone;
        while ((isDone = await Store.RemoveSliceAsync(run, cancellationToken).ConfigureAwait(false)) == false)
        {
        }

        // Null where another call has removed the last of it.
        return isDone == true ? 1 : 0;
    }
}
