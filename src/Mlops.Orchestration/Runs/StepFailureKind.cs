namespace Mlops.Orchestration;

/// <summary>What ended a step that failed for good.</summary>
public enum StepFailureKind
{
    /// <summary>Its last attempt threw.</summary>
    Error = 0,

    /// <summary>It threw a <see cref="PermanentStepException"/>.</summary>
    Permanent = 1,

    /// <summary>Its last attempt took longer than its limit.</summary>
    TimedOut = 2,

    /// <summary>Too many attempts were lost with their workers, or were preempted.</summary>
    Lost = 3,

    /// <summary>An approval was refused, or not given in time.</summary>
    Rejected = 4,

    /// <summary>A check that blocks did not pass.</summary>
    CheckFailed = 5,
}
