namespace Mlops.Orchestration;

/// <summary>How a run uses results of earlier runs.</summary>
public enum CacheUse
{
    /// <summary>Takes over what is known and keeps what is new.</summary>
    Use = 0,

    /// <summary>Takes over nothing; what it makes replaces what is known.</summary>
    Refresh = 1,

    /// <summary>Takes over nothing and keeps nothing for others.</summary>
    Ignore = 2,
}
