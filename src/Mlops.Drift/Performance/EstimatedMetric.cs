namespace Mlops.Drift;

/// <summary>An estimate of what a metric will turn out to be once the labels are known.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Lower">Lower end of the interval for the realised metric.</param>
/// <param name="Upper">Upper end of it.</param>
public readonly record struct EstimatedMetric(double Value, double Lower, double Upper);
