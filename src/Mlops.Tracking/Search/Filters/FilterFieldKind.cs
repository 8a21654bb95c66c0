namespace Mlops.Tracking;

internal enum FilterFieldKind
{
    RunId,
    RunName,
    ParentRunId,
    Status,
    StartTime,
    EndTime,
    Parameter,
    Tag,
    MetricLast,
    MetricMinimum,
    MetricMaximum,
    MetricCount,
}
