namespace Mlops.Tracking;

public sealed partial class Run
{
    /// <summary>Records data that the run reads; stored when this returns. Repeating it changes nothing but the tags it gives.</summary>
    /// <exception cref="ArgumentException">A text is too long, or the name or the digest is empty.</exception>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task LogDatasetAsync(DatasetInput dataset, CancellationToken cancellationToken = default)
    {
        DatasetInput required = DatasetRules.Require(dataset, nameof(dataset));
        RequireRunning();
        return _environment.Store.LogAsync(_row.Id, new RunLog { Datasets = [required] }, cancellationToken);
    }
}
