namespace Mlops.Orchestration;

/// <summary>Where a step stands. <see cref="Succeeded"/> to <see cref="Blocked"/> are final.</summary>
public enum StepState
{
    /// <summary>Waits for other steps.</summary>
    Waiting = 0,

    /// <summary>May be claimed by a worker, from its due time on.</summary>
    Ready = 1,

    /// <summary>A worker has claimed it.</summary>
    Running = 2,

    /// <summary>Its result is committed.</summary>
    Succeeded = 3,

    /// <summary>It failed for good.</summary>
    Failed = 4,

    /// <summary>It is in a branch that was not taken.</summary>
    Skipped = 5,

    /// <summary>The run was cancelled or given up first.</summary>
    Cancelled = 6,

    /// <summary>A step it needs failed for good.</summary>
    Blocked = 7,

    /// <summary>Waits for <see cref="Pipelines.ApproveAsync"/> or <see cref="Pipelines.RejectAsync"/>.</summary>
    AwaitingApproval = 8,
}
