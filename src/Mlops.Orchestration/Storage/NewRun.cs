namespace Mlops.Orchestration;

/// <summary>A run about to be stored.</summary>
internal sealed record NewRun(
    PipelineGraph Graph, long VersionId, string Uid, byte[] Parameters, string? IdempotencyKey, string? TraceParent)
{
    /// <summary>0 for the most urgent.</summary>
    public long Urgency { get; init; }

    /// <summary>From <see cref="CacheUses"/>.</summary>
    public string? CacheUse { get; init; }

    /// <summary>The steps that are wanted, a line each; null for all.</summary>
    public string? OnlySteps { get; init; }

    /// <summary>The schedule that starts it.</summary>
    public string? Schedule { get; init; }

    /// <summary>What the run is about, as an interval of <see cref="PartitionOf"/>.</summary>
    public DataInterval? Partition { get; init; }

    /// <summary>The schedule whose interval it is about, whoever starts it.</summary>
    public string? PartitionOf { get; init; }

    /// <summary>The backfill that starts it.</summary>
    public long? Backfill { get; init; }

    /// <summary>The run whose results it takes over.</summary>
    public long? RerunOf { get; init; }
}
