namespace Mlops.Orchestration;

/// <summary>Why a run failed.</summary>
public enum RunFailureKind
{
    /// <summary>A step failed for good.</summary>
    StepFailed = 1,

    /// <summary>The definition has another graph than the run was started with, and no process with the old one is left.</summary>
    PipelineChanged = 2,
}
