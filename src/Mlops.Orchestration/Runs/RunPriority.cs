namespace Mlops.Orchestration;

/// <summary>
/// Which runs workers turn to first. A step that runs is never interrupted. As long as there is work of a higher priority, runs of a lower
/// one wait.
/// </summary>
public enum RunPriority
{
    /// <summary>After all others, for example a backfill.</summary>
    Low = 0,

    /// <summary>The default.</summary>
    Normal = 1,

    /// <summary>Before all others.</summary>
    High = 2,
}
