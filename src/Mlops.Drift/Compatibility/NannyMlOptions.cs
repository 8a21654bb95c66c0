using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>How <see cref="NannyMlReport"/> cuts and compares; the defaults are NannyML's.</summary>
public sealed record NannyMlOptions
{
    /// <summary>
    /// Chunks of as many rows as the division gives, 1 to 100 000; default 10, for the reference and the batch apart. Rows left over make one more, shorter
    /// chunk. Not used where <see cref="ChunkRows"/> is set.
    /// </summary>
    public int ChunkCount { get; init; } = 10;

    /// <summary>Rows of a chunk, at least 1; the last one may be shorter. Null (default) to cut by <see cref="ChunkCount"/>.</summary>
    public int? ChunkRows { get; init; }

    /// <summary>Of numbers: Jensen-Shannon (default), Kolmogorov-Smirnov, Wasserstein or Hellinger.</summary>
    public NannyMlMethod NumericMethod { get; init; }

    /// <summary>Of categories: Jensen-Shannon (default), Hellinger, L-infinity or chi-squared.</summary>
    public NannyMlMethod CategoricalMethod { get; init; }

    /// <summary>
    /// Of numbers. Null (default) for NannyML's own: above 0.1 for Jensen-Shannon and Hellinger, three standard deviations above the mean of the
    /// reference's chunks for Kolmogorov-Smirnov, above or below it for Wasserstein.
    /// </summary>
    public NannyMlThreshold? NumericThreshold { get; init; }

    /// <summary>Of categories. Null (default) for NannyML's own, above 0.1. Chi-squared alerts by p below 0.05 whatever is set.</summary>
    public NannyMlThreshold? CategoricalThreshold { get; init; }

    /// <summary>How Kolmogorov-Smirnov and Wasserstein are calculated; default <see cref="NannyMlCalculation.Auto"/>, estimated from 10 000 reference values on.</summary>
    public NannyMlCalculation Calculation { get; init; }

    internal void Validate()
    {
        Require.InRange(ChunkCount, 1, 100_000, nameof(ChunkCount));
        if (ChunkRows is { } rows)
            Require.InRange(rows, 1, int.MaxValue, nameof(ChunkRows));
        Require.Defined(Calculation, nameof(Calculation));
        if (NumericMethod is not (NannyMlMethod.JensenShannon or NannyMlMethod.KolmogorovSmirnov or NannyMlMethod.Wasserstein or NannyMlMethod.Hellinger))
            throw Unfit(NumericMethod, "numbers", nameof(NumericMethod));
        if (CategoricalMethod is not (NannyMlMethod.JensenShannon or NannyMlMethod.Hellinger or NannyMlMethod.LInfinity or NannyMlMethod.ChiSquare))
            throw Unfit(CategoricalMethod, "categories", nameof(CategoricalMethod));
    }

    private static ArgumentOutOfRangeException Unfit(NannyMlMethod method, string kind, string name) => new(name, method, $"{name}: {method} does not compare {kind}.");
}
