namespace Mlops.Tracking;

public sealed partial class Tracker
{
    /// <summary>Lists the data that a run read, ordered by name, digest and context.</summary>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public Task<IReadOnlyList<DatasetInput>> ListDatasetsAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return ListDatasetsCoreAsync(runId, cancellationToken);
    }

    /// <summary>Lists the data that each of several runs read, as a page of runs needs it.</summary>
    /// <param name="runIds">1 to 1 000 runs.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>By run id; a run that read nothing, or does not exist, is absent.</returns>
    /// <exception cref="ArgumentException">There are none or too many.</exception>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>>> ListDatasetsAsync(
        IReadOnlyList<string> runIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runIds);
        if (runIds.Count is < 1 or > MaximumTake)
        {
            throw new ArgumentException($"A call lists the datasets of 1 to {MaximumTake} runs, got {runIds.Count}.", nameof(runIds));
        }

        return _store.ListDatasetsAsync([.. runIds], cancellationToken);
    }

    /// <summary>
    /// Lists the data that runs of an experiment read, deleted runs aside, ordered by name, digest and context; empty when there is no
    /// such experiment. At most the first 1 000.
    /// </summary>
    public Task<IReadOnlyList<DatasetSummary>> ListExperimentDatasetsAsync(string experiment, CancellationToken cancellationToken = default)
    {
        Names.RequireName(experiment, nameof(experiment));
        TrackingStore store = _environment.RequireDatabase(nameof(ListExperimentDatasetsAsync), "Read the pages of ListRunsAsync and their datasets.").Store;
        return ListExperimentDatasetsCoreAsync(store, experiment, cancellationToken);
    }

    /// <summary>Checked, in one order so that two writes of the same datasets do not wait for each other.</summary>
    private static DatasetInput[] RequireDatasets(IReadOnlyList<DatasetInput>? datasets, string parameter)
    {
        if (datasets is null)
        {
            return [];
        }

        if (datasets.Count > DatasetRules.MaximumPerCall)
        {
            throw new ArgumentException($"A call logs at most {DatasetRules.MaximumPerCall} datasets, got {datasets.Count}.", parameter);
        }

        DatasetInput[] required = [.. datasets.Select(dataset => DatasetRules.Require(dataset, parameter))];
        Array.Sort(required, static (a, b) => string.CompareOrdinal(a.Name, b.Name) is var byName and not 0 ? byName : string.CompareOrdinal(a.Digest, b.Digest));
        return required;
    }

    private async Task<IReadOnlyList<DatasetInput>> ListDatasetsCoreAsync(string runId, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>> found = await _store.ListDatasetsAsync([runId], cancellationToken).ConfigureAwait(false);
        if (!found.TryGetValue(runId, out IReadOnlyList<DatasetInput>? datasets))
        {
            await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        }

        return datasets ?? [];
    }

    private static async Task<IReadOnlyList<DatasetSummary>> ListExperimentDatasetsCoreAsync(TrackingStore store, string experiment, CancellationToken cancellationToken) =>
        await store.ListExperimentDatasetsAsync(experiment, MaximumTake, cancellationToken).ConfigureAwait(false);
}
