using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class Tracker
{
    private const int RunsPerStep = 64;

    /// <summary>
    /// Deletes a run: it is found by its id, but not listed unless asked for, and nothing can be written to it, until
    /// <see cref="RestoreRunAsync"/> brings it back or <see cref="PurgeAsync"/> removes it.
    /// </summary>
    /// <returns>False when it was deleted by itself before.</returns>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public Task<bool> DeleteRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return _store.DeleteRunAsync(runId, cancellationToken);
    }

    /// <summary>Brings a deleted run back.</summary>
    /// <returns>False when it is not deleted.</returns>
    /// <exception cref="RunNotFoundException">No run has this id, or it has been purged.</exception>
    /// <exception cref="ExperimentDeletedException">Its experiment is deleted.</exception>
    public Task<bool> RestoreRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return _store.RestoreRunAsync(runId, cancellationToken);
    }

    /// <summary>Deletes an experiment, and with it its runs: they count as deleted until it is restored. Its name stays taken.</summary>
    /// <returns>False when it was deleted before.</returns>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    public Task<bool> DeleteExperimentAsync(string name, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        return _store.DeleteExperimentAsync(name, cancellationToken);
    }

    /// <summary>Brings a deleted experiment back, and with it those of its runs that were not deleted by themselves.</summary>
    /// <returns>False when it is not deleted.</returns>
    /// <exception cref="ExperimentNotFoundException">There is none of this name, or it has been purged.</exception>
    public Task<bool> RestoreExperimentAsync(string name, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        return _store.RestoreExperimentAsync(name, cancellationToken);
    }

    /// <summary>
    /// Removes for good what has been deleted for so long: runs with all that they logged, then experiments that have none left. Works in
    /// short transactions; a call that was broken off is continued by the next one, and a run of which a part is removed cannot be found
    /// any more. Children of a removed run stay, without parent. Bytes of artifacts go with the next collection of the
    /// <see cref="ArtifactCatalog"/>.
    /// </summary>
    /// <param name="deletedFor">How long ago the deletion was at least; not negative.</param>
    /// <param name="maximumRuns">How many runs to remove at most in this call.</param>
    /// <param name="cancellationToken">Stops between two transactions.</param>
    /// <returns>How many runs were removed; call again while it is <paramref name="maximumRuns"/>.</returns>
    /// <exception cref="StorageException">The database failed; the next call goes on.</exception>
    public Task<int> PurgeAsync(TimeSpan deletedFor, int maximumRuns = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(deletedFor, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumRuns);
        TrackingStore store = _environment.RequireDatabase(nameof(PurgeAsync), "The store decides itself what it removes for good; see its own tools, such as mlflow gc.").Store;
        return PurgeCoreAsync(store, _environment.Now - UnixMicroseconds.From(deletedFor), maximumRuns, cancellationToken);
    }

    private static async Task<int> PurgeCoreAsync(TrackingStore store, long before, int maximumRuns, CancellationToken cancellationToken)
    {
        int removed = 0;
        List<long> experiments = await store.FindExpiredExperimentsAsync(before, cancellationToken).ConfigureAwait(false);
        while (removed < maximumRuns)
        {
            int take = Math.Min(RunsPerStep, maximumRuns - removed);
            List<long> runs = await store.FindMarkedRunsAsync(take, cancellationToken).ConfigureAwait(false);
            if (runs.Count == 0)
            {
                if (await MarkRunsAsync(store, before, experiments, take, cancellationToken).ConfigureAwait(false) == 0)
                {
                    break;
                }

                continue;
            }

            foreach (long run in runs)
            {
                while (!await store.RemoveSliceAsync(run, cancellationToken).ConfigureAwait(false))
                {
                }

                removed++;
            }
        }

        foreach (long experiment in experiments)
        {
            await store.RemoveExperimentAsync(experiment, before, cancellationToken).ConfigureAwait(false);
        }

        return removed;
    }

    private static async Task<int> MarkRunsAsync(TrackingStore store, long before, List<long> experiments, int take, CancellationToken cancellationToken)
    {
        int marked = await store.MarkRunsAsync(before, take, cancellationToken).ConfigureAwait(false);
        foreach (long experiment in experiments)
        {
            marked += marked < take ? await store.MarkRunsAsync(experiment, before, take - marked, cancellationToken).ConfigureAwait(false) : 0;
        }

        return marked;
    }
}
