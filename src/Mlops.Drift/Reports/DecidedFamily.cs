namespace Mlops.Drift;

/// <param name="Features">The columns with their verdicts.</param>
/// <param name="PValue">That none of them differs; null where nothing could be tested.</param>
/// <param name="AdjustedPValue">The same, adjusted for the number of families.</param>
internal sealed record DecidedFamily(FeatureDrift[] Features, double? PValue, double? AdjustedPValue);
