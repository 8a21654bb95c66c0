namespace Mlops.Orchestration;

/// <summary>What happens to a running run when the graph of its definition changes. Workers with the old graph always go on with it.</summary>
public enum ChangedPipelinePolicy
{
    /// <summary>Once no worker with the old graph was there for a whole lease (<see cref="PipelineWorkerOptions.LeaseDuration"/>), the run fails with <see cref="RunFailureKind.PipelineChanged"/>.</summary>
    Fail = 0,

    /// <summary>The run waits until a worker with the old graph comes up again.</summary>
    Wait = 1,
}
