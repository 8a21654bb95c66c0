namespace Mlops.Tracking;

public sealed partial class Tracker
{
    /// <summary>
    /// Reads what the run's process looked like; null when no run has this id, and when nothing was captured
    /// (<see cref="TrackingOptions.CaptureEnvironment"/>), as always where runs are not kept in a database. A run refers to it from its first write on after the start, at the latest from its end.
    /// </summary>
    public Task<RunEnvironment?> FindEnvironmentAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return _environment.Database is { Store: { } store } ? store.FindEnvironmentAsync(runId, cancellationToken).AsTask() : Task.FromResult<RunEnvironment?>(null);
    }
}
