namespace Mlops.Tracking;

/// <summary>Where a run is in its life. The numbers are stored and never change.</summary>
public enum RunStatus
{
    /// <summary>It has not ended, or its process died and nobody has noticed yet.</summary>
    Running = 1,

    /// <summary>It ended as intended.</summary>
    Finished = 2,

    /// <summary>It ended by an exception, or was disposed without <see cref="Run.Complete"/>.</summary>
    Failed = 3,

    /// <summary>It was cancelled, or its process died (<see cref="RunRecord.IsLost"/>).</summary>
    Killed = 4,
}
