namespace Mlops.Orchestration;

/// <summary>No run has this id.</summary>
public sealed class PipelineRunNotFoundException(long runId)
    : PipelineException(FormattableString.Invariant($"Reading run {runId}: the database holds no run of this id. List runs with Pipelines.ListRunsAsync."))
{
    /// <summary>The id that was asked for.</summary>
    public long RunId { get; } = runId;
}
