namespace Mlops.Orchestration;

/// <summary>Somebody decided what nobody had asked: the step is no approval, has not asked yet, or the run is over.</summary>
public sealed class ApprovalNotPendingException(long runId, string step, StepState? state)
    : PipelineException(FormattableString.Invariant(
        $"Deciding '{step}' of run {runId}: {(state is { } known ? $"it is {known} and waits for nobody" : "the run has no such step")}. List what waits with Pipelines.ListApprovalsAsync."))
{
    /// <summary>The run.</summary>
    public long RunId { get; } = runId;

    /// <summary>The key of the step.</summary>
    public string Step { get; } = step;

    /// <summary>Where the step stands; null when the run has none of this key.</summary>
    public StepState? State { get; } = state;
}
