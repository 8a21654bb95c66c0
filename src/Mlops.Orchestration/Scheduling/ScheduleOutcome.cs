namespace Mlops.Orchestration;

/// <summary>What became of a due time.</summary>
internal enum ScheduleOutcome
{
    Started = 1,

    /// <summary>An earlier run is not over.</summary>
    Skipped = 2,

    /// <summary>Another scheduler has dealt with it, or the schedule is paused.</summary>
    Elsewhere = 3,

    /// <summary>An earlier run is not over; the due time stays due.</summary>
    Waits = 4,
}

/// <param name="Outcome">What became of the due time.</param>
internal sealed record DueResult(ScheduleOutcome Outcome)
{
    /// <summary>The run that was started; null when none was.</summary>
    public long? RunId { get; init; }

    /// <summary>The runs that had to give way.</summary>
    public IReadOnlyList<RunEnd> Cancelled { get; init; } = [];
}
