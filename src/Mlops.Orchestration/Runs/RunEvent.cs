namespace Mlops.Orchestration;

/// <summary>An entry of a run's log. Entries are numbered 1, 2, 3, ... without gaps and never change.</summary>
public abstract record RunEvent
{
    /// <summary>The run.</summary>
    public long RunId { get; init; }

    /// <summary>The number within the run.</summary>
    public long Sequence { get; init; }

    /// <summary>When it was written, by the database's clock.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>The run was stored.</summary>
public sealed record RunStarted : RunEvent;

/// <summary>Every step has succeeded or was skipped.</summary>
public sealed record RunSucceeded : RunEvent;

/// <summary>The run is over without success.</summary>
public sealed record RunFailed : RunEvent
{
    /// <summary>Why.</summary>
    public RunFailureKind Kind { get; init; }

    /// <summary>The first step that failed for good, if one did.</summary>
    public string? Step { get; init; }

    /// <summary>What is known of the cause.</summary>
    public string Error { get; init; } = "";
}

/// <summary>Somebody cancelled the run.</summary>
public sealed record RunCancelled : RunEvent
{
    /// <summary>The reason as given.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>Somebody paused the run: steps that run may end, but none begins.</summary>
public sealed record RunPaused : RunEvent
{
    /// <summary>The reason as given.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>The run goes on.</summary>
public sealed record RunResumed : RunEvent;

/// <summary>Written by a newer version of this package.</summary>
public sealed record UnknownRunEvent : RunEvent
{
    /// <summary>The stored number of its kind.</summary>
    public int Kind { get; init; }
}
