namespace Mlops.Drift;

/// <summary>How rows of several columns are compared as wholes. Default effect floors are about a shift of 0.05 standard deviations in every column.</summary>
public enum VectorTest
{
    /// <summary>
    /// <see cref="Statistics.MaximumMeanDiscrepancy"/> with the median bandwidth: any difference, relations between columns included. Statistic and effect: the unbiased estimate of
    /// the squared discrepancy, at most 2 and for rows of one law around 0, so often slightly negative; default floor 0.001.
    /// </summary>
    MaximumMeanDiscrepancy = 0,

    /// <summary>
    /// <see cref="Statistics.SlicedWasserstein"/>: how far the rows moved. Statistic: the distance. Effect: the distance beyond chance in spreads of the reference; default floor 0.04.
    /// </summary>
    SlicedWasserstein = 1,

    /// <summary>
    /// The classifier two-sample test: a linear classifier on the columns and their squares is taught on half of the rows and ranks the others. Statistic and effect: the area under
    /// the receiver operating characteristic on them, 0.5 for rows that cannot be told apart; default floor 0.52.
    /// </summary>
    ClassifierTwoSample = 2,

    /// <summary>
    /// <see cref="Statistics.ReconstructionError"/>: relations between columns that no longer hold. Statistic and effect: the Kolmogorov-Smirnov distance of the errors, 0 to 1; default
    /// floor 0.05.
    /// </summary>
    ReconstructionError = 3,
}
