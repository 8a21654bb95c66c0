namespace Mlops.Orchestration;

/// <summary>What follows when a check does not pass.</summary>
public enum CheckSeverity
{
    /// <summary>The step fails for good, and what needs it does not run. Its result is kept aside: <see cref="PipelineRun.GetQuarantinedAsync{T}"/>.</summary>
    Block = 0,

    /// <summary>The result is committed; the log and the page of the run say what was found.</summary>
    Warn = 1,
}
