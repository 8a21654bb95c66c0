namespace Mlops.Drift;

/// <summary>Which test Evidently chooses for a column, or is told to use.</summary>
public enum EvidentlyTest
{
    /// <summary>Two-sample Kolmogorov-Smirnov; the score is the p-value.</summary>
    KolmogorovSmirnov = 0,

    /// <summary>One-sample chi-squared against the scaled reference; the score is the p-value.</summary>
    ChiSquare = 1,

    /// <summary>Z-test of two proportions; the score is the p-value.</summary>
    Proportions = 2,

    /// <summary>Wasserstein distance over the reference's standard deviation; the score is the distance.</summary>
    Wasserstein = 3,

    /// <summary>Jensen-Shannon distance in nats; the score is the distance.</summary>
    JensenShannon = 4,

    /// <summary>Population stability index, zero shares filled in; the score is the index.</summary>
    PopulationStabilityIndex = 5,

    /// <summary>Kullback-Leibler divergence of the reference from the current batch in nats, zero shares filled in; the score is the divergence.</summary>
    KullbackLeibler = 6,
}
