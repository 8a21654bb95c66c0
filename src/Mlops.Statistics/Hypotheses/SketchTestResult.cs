namespace Mlops.Statistics;

/// <summary>The Kolmogorov-Smirnov test of two samples of which only sketches are left.</summary>
/// <remarks>The bounds are certain for a <see cref="QuantileSketch"/>; for a <see cref="KllSketch"/> all hold together with probability 1 - delta.</remarks>
/// <param name="Verdict">The decision at the level asked for.</param>
/// <param name="LowerStatistic">The distance is at least this.</param>
/// <param name="UpperStatistic">The distance is at most this.</param>
/// <param name="LowerPValue">The p-value is at least this; null when a sample is empty.</param>
/// <param name="UpperPValue">The p-value is at most this; null when a sample is empty.</param>
public readonly record struct SketchTestResult(
    SketchVerdict Verdict, double LowerStatistic, double UpperStatistic, double? LowerPValue, double? UpperPValue);
