namespace Mlops.Orchestration;

/// <summary>What a <see cref="PipelineWebhook"/> tells.</summary>
[Flags]
public enum PipelineNotices
{
    /// <summary>Nothing; no webhook takes it.</summary>
    None = 0,

    /// <summary>Runs that start.</summary>
    RunStarted = 1,

    /// <summary>Runs that succeed.</summary>
    RunSucceeded = 2,

    /// <summary>Runs that fail.</summary>
    RunFailed = 4,

    /// <summary>Runs that somebody cancels.</summary>
    RunCancelled = 8,

    /// <summary>Questions that somebody has to decide.</summary>
    ApprovalRequested = 16,

    /// <summary>Runs that are over, however, and questions.</summary>
    Default = RunSucceeded | RunFailed | RunCancelled | ApprovalRequested,

    /// <summary>Everything.</summary>
    All = Default | RunStarted,
}
