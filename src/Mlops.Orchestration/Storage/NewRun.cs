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

    /// <summary>The run whose results it takes over.</summary>
    public long? RerunOf { get; init; }
}
