namespace Mlops.Tracking;

/// <summary>No run has this id.</summary>
public sealed class RunNotFoundException : TrackingException
{
    /// <summary>For stores: no run has the id.</summary>
    public RunNotFoundException(string runId)
        : base($"Looking for run '{runId}': the store holds none of that id. Check the id and which store this tracker is over.")
    {
        RunId = runId;
    }

    /// <summary>The id asked for.</summary>
    public string RunId { get; }
}
