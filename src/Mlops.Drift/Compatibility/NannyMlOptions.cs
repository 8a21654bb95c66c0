namespace Mlops.Drift;

/// <summary>How <see cref="NannyMlReport"/> cuts and compares; the defaults are NannyML's.</summary>
public sealed record NannyMlOptions
{
    /// <summary>Chunks of as many rows as the division gives, 1 to 100 000; default 10. Rows left over make one more, shorter chunk. Not used where <see cref="ChunkRows"/> is set.</summary>
    public int ChunkCount { get; init; } = 10;

    /// <summary>Rows of a chunk, at least 1; the last one may be shorter. Null (default) to cut by <see cref="ChunkCount"/>.</summary>
    public int? ChunkRows { get; init; }

    /// <summary>Of numbers: Jensen-Shannon (default), Kolmogorov-Smirnov, Wasserstein or Hellinger.</summary>
    public NannyMlMethod NumericMethod { get; init; }

    /// <summary>Of categories: Jensen-Shannon (default), Hellinger, L-infinity or chi-squared.</summary>
    public NannyMlMethod CategoricalMethod { get; init; }

    /// <summary>A value above it is an alert, at least 0; default 0.1. Chi-squared alerts by p below 0.05 instead.</summary>
    public double Threshold { get; init; } = 0.1;

    internal void Validate()
    {
        Require.InRange(ChunkCount, 1, 100_000, nameof(ChunkCount));
        if (ChunkRows is { } rows)
            Require.InRange(rows, 1, int.MaxValue, nameof(ChunkRows));
        Require.NotNegative(Threshold, nameof(Threshold));
        if (NumericMethod is not (NannyMlMethod.JensenShannon or NannyMlMethod.KolmogorovSmirnov or NannyMlMethod.Wasserstein or NannyMlMethod.Hellinger))
            throw Unfit(NumericMethod, "numbers", nameof(NumericMethod));
        if (CategoricalMethod is not (NannyMlMethod.JensenShannon or NannyMlMethod.Hellinger or NannyMlMethod.LInfinity or NannyMlMethod.ChiSquare))
            throw Unfit(CategoricalMethod, "categories", nameof(CategoricalMethod));
    }

    private static ArgumentOutOfRangeException Unfit(NannyMlMethod method, string kind, string name) => new(name, method, $"{name}: {method} does not compare {kind}.");
}
