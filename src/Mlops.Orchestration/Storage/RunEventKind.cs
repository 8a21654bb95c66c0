namespace Mlops.Orchestration;

/// <summary>What an entry of the log says. The numbers are stored; they are never reused.</summary>
internal enum RunEventKind
{
    RunStarted = 1,
    StepStarted = 2,
    StepSucceeded = 3,
    StepRetryScheduled = 4,
    StepFailed = 5,
    StepSkipped = 6,
    StepBlocked = 7,
    StepReleased = 8,
    StepReclaimed = 9,
    StepFenced = 10,
    RunSucceeded = 11,
    RunFailed = 12,
    RunCancelled = 13,
    StepMemoized = 14,
    StepReused = 15,
    RunPaused = 16,
    RunResumed = 17,
    ApprovalRequested = 18,
    ApprovalDecided = 19,
    StepCached = 20,
    StepChecked = 21,
}
