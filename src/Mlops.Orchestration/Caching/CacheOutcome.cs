namespace Mlops.Orchestration;

/// <summary>What became of a look into the cache.</summary>
public enum CacheOutcome
{
    /// <summary>Nothing was known under the key: the step ran.</summary>
    Missed = 0,

    /// <summary>The result of an earlier step was taken over.</summary>
    Hit = 1,

    /// <summary>The run refreshes: the step ran.</summary>
    Refreshed = 2,

    /// <summary>The run ignores the cache: the step ran.</summary>
    Ignored = 3,

    /// <summary>A result was known, but it had expired: the step ran.</summary>
    Expired = 4,

    /// <summary>A result was known, but its artifacts are missing or damaged: the step ran.</summary>
    Damaged = 5,
}
