namespace Mlops.Orchestration;

/// <summary>Which partitions a backfill runs. The latest run of a partition decides; one that is running is never started again. Values combine.</summary>
[Flags]
public enum BackfillPartitions
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Those that no run was started for.</summary>
    Missing = 1,

    /// <summary>Those whose latest run failed or was cancelled.</summary>
    Failed = 2,

    /// <summary>Those whose latest run succeeded with another graph than the definition has now.</summary>
    Stale = 4,

    /// <summary>Those whose latest run succeeded, with whatever graph.</summary>
    Succeeded = 8,

    /// <summary>All of them.</summary>
    All = Missing | Failed | Stale | Succeeded,
}
