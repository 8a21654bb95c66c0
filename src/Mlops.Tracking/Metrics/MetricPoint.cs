namespace Mlops.Tracking;

/// <summary>One logged value of a metric; the points of a run's metric differ from each other in step, time or the value's bits.</summary>
/// <param name="Step">Where in the run.</param>
/// <param name="Time">When, in UTC, to the microsecond.</param>
/// <param name="Value">Bit by bit the value that was logged.</param>
public readonly record struct MetricPoint(long Step, DateTimeOffset Time, double Value);
