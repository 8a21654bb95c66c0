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

    /// <summary>Finite values beyond the reference's smallest and largest one (by <see cref="DriftColumn.SmallestShift"/> at least, where the column has one); exact for every law. Statistic: their number. Effect: their share of the window's finite values. One-sided.</summary>
    Range = 4,

    /// <summary>
    /// Rows of categories that the reference never saw, against its rows whose category it saw once (Good 1953), by Fisher's exact test. Statistic: their number. Effect: their share
    /// of the window. One-sided.
    /// </summary>
    NewCategories = 5,

    /// <summary>Categories of the reference that the window lacks. Statistic: their rows in the reference. Effect: the share of those. One-sided.</summary>
    VanishedCategories = 6,
}
