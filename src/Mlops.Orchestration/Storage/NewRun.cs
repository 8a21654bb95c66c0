namespace Mlops.Orchestration;

/// <summary>A run about to be stored.</summary>
internal sealed record NewRun(
    PipelineGraph Graph, long VersionId, string Uid, byte[] Parameters, string? IdempotencyKey, string? TraceParent)
{
    /// <summary>The run whose results it takes over.</summary>
    public long? RerunOf { get; init; }
}
