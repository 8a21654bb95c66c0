namespace Mlops.Tracking;

/// <summary>The run has no artifact of this name.</summary>
public sealed class RunArtifactNotFoundException : TrackingException
{
    /// <summary>For stores: the run has no artifact of the name.</summary>
    public RunArtifactNotFoundException(string runId, string name)
        : base($"Opening artifact '{name}' of run {runId}: the run has none of that name. ListArtifactsAsync names those it has.")
    {
        RunId = runId;
        Name = name;
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; }

    /// <summary>The name asked for.</summary>
    public string Name { get; }
}
