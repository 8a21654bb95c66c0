namespace Mlops.Drift;

/// <summary>What a check compared, and by which test.</summary>
public enum DriftTest
{
    /// <summary>Numbers, by the two-sample Kolmogorov-Smirnov test. Statistic and effect: the distance D, 0 to 1.</summary>
    KolmogorovSmirnov = 0,

    /// <summary>Categories or bins, by the chi-squared test of homogeneity. Effect: the population stability index.</summary>
    ChiSquare = 1,

    /// <summary>The share of missing values. Statistic: z, or null where Fisher's exact test decided. Effect: the absolute difference of shares.</summary>
    MissingShare = 2,

    /// <summary>The share of NaN and infinities; otherwise as <see cref="MissingShare"/>.</summary>
    NotFiniteShare = 3,
}
