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
}
