namespace Mlops.Orchestration;

/// <summary>An entry about one step.</summary>
public abstract record StepEvent : RunEvent
{
    /// <summary>The step's key.</summary>
    public string Step { get; init; } = "";
}

/// <summary>The step is in a branch that was not taken.</summary>
public sealed record StepSkipped : StepEvent;

/// <summary>A step that this one needs failed for good.</summary>
public sealed record StepBlocked : StepEvent;

/// <summary>The step's result was taken over from an earlier run: it did not run.</summary>
public sealed record StepReused : StepEvent
{
    /// <summary>The run that produced it, or that took it over itself.</summary>
    public long FromRun { get; init; }
}

/// <summary>An entry about one attempt of a step.</summary>
public abstract record AttemptEvent : StepEvent
{
    /// <summary>1 for the first attempt.</summary>
    public int Attempt { get; init; }

    /// <summary>Grows with every attempt of the step.</summary>
    public long FencingToken { get; init; }
}

/// <summary>A worker has claimed the step.</summary>
public sealed record StepStarted : AttemptEvent;

/// <summary>The step's result is committed: once per step, whatever happened before.</summary>
public sealed record StepSucceeded : AttemptEvent;

/// <summary>The attempt failed and another will follow.</summary>
public sealed record StepRetryScheduled : AttemptEvent
{
    /// <summary>Type and message of the exception.</summary>
    public string Error { get; init; } = "";

    /// <summary>When the next attempt is due.</summary>
    public DateTimeOffset NotBefore { get; init; }
}

/// <summary>The step failed for good.</summary>
public sealed record StepFailed : AttemptEvent
{
    /// <summary>What ended it.</summary>
    public StepFailureKind Kind { get; init; }

    /// <summary>Type and message of the exception.</summary>
    public string Error { get; init; } = "";
}

/// <summary>The step goes back unharmed: its worker stops or has lost its lease, or the step itself was preempted. Not counted as a failure.</summary>
public sealed record StepReleased : AttemptEvent
{
    /// <summary>Why.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>The worker's lease ran out and another worker took the step from it. Not counted as a failure.</summary>
public sealed record StepReclaimed : AttemptEvent
{
    /// <summary>The worker that was lost.</summary>
    public string Worker { get; init; } = "";
}

/// <summary>An attempt that no longer owned the step wanted to commit and was turned away.</summary>
public sealed record StepFenced : AttemptEvent;

/// <summary>The attempt has stored an intermediate result with <see cref="StepContext.MemoAsync{T}"/>.</summary>
public sealed record StepMemoized : AttemptEvent
{
    /// <summary>The name it is kept under.</summary>
    public string Name { get; init; } = "";
}

/// <summary>The step waits for somebody to decide; the attempt is over.</summary>
public sealed record ApprovalRequested : AttemptEvent
{
    /// <summary>What is to be decided.</summary>
    public string Question { get; init; } = "";

    /// <summary>When it counts as rejected; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Somebody has decided; the step goes on with that.</summary>
public sealed record ApprovalDecided : StepEvent
{
    /// <summary>Which way.</summary>
    public bool IsApproved { get; init; }

    /// <summary>Who, as given.</summary>
    public string Actor { get; init; } = "";
}

/// <summary>The attempt found its result in the cache: the step is over without having run.</summary>
public sealed record StepCached : AttemptEvent
{
    /// <summary>The run that the result was taken from.</summary>
    public long FromRun { get; init; }
}

/// <summary>A check looked at the attempt's result.</summary>
public sealed record StepChecked : AttemptEvent
{
    /// <summary>The check's name.</summary>
    public string Check { get; init; } = "";

    /// <summary>What came of it.</summary>
    public CheckOutcome Outcome { get; init; }

    /// <summary>What it found; null when it passed.</summary>
    public string? Problem { get; init; }
}
