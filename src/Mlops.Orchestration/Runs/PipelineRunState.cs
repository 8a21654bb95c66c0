namespace Mlops.Orchestration;

/// <summary>Where a run stands. All but <see cref="Running"/> are final.</summary>
public enum PipelineRunState
{
    /// <summary>It has steps that are not over.</summary>
    Running = 1,

    /// <summary>Every step has succeeded or was skipped.</summary>
    Succeeded = 2,

    /// <summary>A step failed for good, or the pipeline changed under the run.</summary>
    Failed = 3,

    /// <summary>It was cancelled.</summary>
    Cancelled = 4,
}
