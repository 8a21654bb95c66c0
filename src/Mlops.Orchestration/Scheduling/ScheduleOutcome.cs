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
