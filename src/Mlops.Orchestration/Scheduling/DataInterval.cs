namespace Mlops.Orchestration;

/// <summary>What a scheduled run is about: from one time of the schedule to the next, in the schedule's time zone.</summary>
/// <param name="Start">The first instant in it: the time of the schedule before.</param>
/// <param name="End">The first instant after it: the time at which the run is due. Local days with a change of clocks have 23 or 25 hours.</param>
public readonly record struct DataInterval(DateTimeOffset Start, DateTimeOffset End);
