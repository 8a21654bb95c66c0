namespace Mlops.Orchestration;

/// <summary>Why an attempt's cancellation token fired.</summary>
public enum AbortReason
{
    /// <summary>It has not.</summary>
    None = 0,

    /// <summary>The attempt has taken longer than its limit; it counts as failed.</summary>
    TimedOut,

    /// <summary>The run was cancelled.</summary>
    RunCancelled,

    /// <summary>The worker stops; the step starts again elsewhere or later, not counted as a failure.</summary>
    WorkerStopping,

    /// <summary>The worker could not keep its lease; the step starts again elsewhere or later, not counted as a failure.</summary>
    LeaseLost,
}
