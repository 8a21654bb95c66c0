namespace Mlops.Tracking;

/// <summary>Some of a metric's points.</summary>
/// <param name="Points">The points by step, then time, then value with NaN last.</param>
/// <param name="Next">Where the next page begins; null when this is the last.</param>
public sealed record MetricPage(IReadOnlyList<MetricPoint> Points, string? Next);
