namespace Mlops.Tracking;

/// <summary>No run has this id.</summary>
public sealed class RunNotFoundException : TrackingException
{
    internal RunNotFoundException(string runId)
        : base($"Looking for run '{runId}': this database holds none of that id. Check the id and the connection string.")
    {
        RunId = runId;
    }

    /// <summary>The id asked for.</summary>
    public string RunId { get; }
}
