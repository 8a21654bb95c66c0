namespace Mlops.Statistics;

/// <summary>How NannyML gets its Kolmogorov-Smirnov and Wasserstein figures, its <c>calculation_method</c>.</summary>
public enum NannyMlCalculation
{
    /// <summary>Exact below 10 000 reference values, estimated from there on; NannyML's default.</summary>
    Auto = 0,

    /// <summary>From the values themselves.</summary>
    Exact = 1,

    /// <summary>From 10 000 bins of equal width over the reference's range, which loses what lies within a bin: on heavy tails a sixth of the distance.</summary>
    Estimated = 2,
}
