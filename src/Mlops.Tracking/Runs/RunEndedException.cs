namespace Mlops.Tracking;

/// <summary>Something was logged through a handle whose run has ended. Nothing was recorded.</summary>
public sealed class RunEndedException : TrackingException
{
    internal RunEndedException(string runId, RunStatus status)
        : base($"Logging to run {runId}: it has ended as {status}. Log before Complete() or the end of TrackAsync, or start another run.")
    {
        RunId = runId;
        Status = status;
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; }

    /// <summary>How the run ended.</summary>
    public RunStatus Status { get; }
}
