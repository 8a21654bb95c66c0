namespace Mlops.Tracking;

/// <summary>Something was written to a run that is deleted, by itself or with its experiment. Nothing was recorded.</summary>
public sealed class RunDeletedException : TrackingException
{
    /// <summary>For stores: the run is deleted.</summary>
    public RunDeletedException(string runId, DateTimeOffset deletedAt)
        : base($"Writing to run {runId}: it was deleted at {deletedAt:u}. Restore the run, or its experiment, and write again.")
    {
        RunId = runId;
        DeletedAt = deletedAt;
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; }

    /// <summary>When it was deleted, UTC.</summary>
    public DateTimeOffset DeletedAt { get; }
}
