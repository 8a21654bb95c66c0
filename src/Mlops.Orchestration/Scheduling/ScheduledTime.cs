namespace Mlops.Orchestration;

/// <summary>A time of a schedule. From <see cref="PipelineSchedule.Preview"/>.</summary>
/// <param name="DueAt">When its run is due, in the schedule's time zone.</param>
/// <param name="Interval">What the run is about.</param>
/// <param name="IsMoved">Whether clocks skip the time that the expression says, so that the run is due at the end of the gap.</param>
/// <param name="IsAmbiguous">Whether clocks show this time twice that day; the offset tells which of both it is.</param>
public sealed record ScheduledTime(DateTimeOffset DueAt, DataInterval Interval, bool IsMoved, bool IsAmbiguous);
