namespace Mlops.Drift;

/// <summary>How NannyML compares a chunk of one column with the reference.</summary>
public enum NannyMlMethod
{
    /// <summary>Jensen-Shannon distance to base 2; numbers in bins of the reference, or categories.</summary>
    JensenShannon = 0,

    /// <summary>The Kolmogorov-Smirnov distance; numbers.</summary>
    KolmogorovSmirnov = 1,

    /// <summary>The Wasserstein distance, in the column's unit; numbers.</summary>
    Wasserstein = 2,

    /// <summary>Hellinger distance; numbers in bins of the reference, or categories.</summary>
    Hellinger = 3,

    /// <summary>The largest difference of a category's share; categories.</summary>
    LInfinity = 4,

    /// <summary>The chi-squared statistic of the two rows of counts, with its p-value; categories.</summary>
    ChiSquare = 5,
}
