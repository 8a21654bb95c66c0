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

        return ListDatasetsCoreAsync(runIds, cancellationToken);
    }

    /// <summary>
    /// Lists the data that runs of an experiment read, deleted runs aside, ordered by name, digest and context; empty when there is no
    /// such experiment. At most the first 1 000.
    /// </summary>
    public Task<IReadOnlyList<DatasetSummary>> ListExperimentDatasetsAsync(string experiment, CancellationToken cancellationToken = default)
    {
        Names.RequireName(experiment, nameof(experiment));
        return ListExperimentDatasetsCoreAsync(experiment, cancellationToken);
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
        RunRow run = await GetRowAsync(runId, cancellationToken).ConfigureAwait(false);
        ILookup<long, DatasetInput> inputs = await _store.ListDatasetsAsync([run.Key], cancellationToken).ConfigureAwait(false);
        return [.. inputs[run.Key]];
    }

    private async Task<IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>>> ListDatasetsCoreAsync(
        IReadOnlyList<string> runIds, CancellationToken cancellationToken)
    {
        List<(long Key, string Id)> runs = await _store.FindKeysAsync(runIds, cancellationToken).ConfigureAwait(false);
        if (runs.Count == 0)
        {
            return new Dictionary<string, IReadOnlyList<DatasetInput>>();
        }

        ILookup<long, DatasetInput> inputs = await _store.ListDatasetsAsync(runs.ConvertAll(static run => run.Key), cancellationToken).ConfigureAwait(false);
        return runs.Where(run => inputs.Contains(run.Key)).ToDictionary(
            static run => run.Id, run => (IReadOnlyList<DatasetInput>)[.. inputs[run.Key]], StringComparer.Ordinal);
    }

    private async Task<IReadOnlyList<DatasetSummary>> ListExperimentDatasetsCoreAsync(string experiment, CancellationToken cancellationToken) =>
        await _store.ListExperimentDatasetsAsync(experiment, MaximumTake, cancellationToken).ConfigureAwait(false);
}
