namespace Mlops.Statistics;

/// <summary>How large a difference is, in the statistic's own unit, apart from how surely it exists.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Lower">Lower end of the confidence interval, or null where none is given.</param>
/// <param name="Upper">Upper end of the confidence interval, or null where none is given.</param>
/// <param name="Confidence">Nominal coverage of the interval, 0.95.</param>
public readonly record struct EffectSize(double Value, double? Lower = null, double? Upper = null, double Confidence = 0.95);
