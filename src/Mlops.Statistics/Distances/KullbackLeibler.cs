namespace Mlops.Statistics;

/// <summary>
/// Kullback-Leibler divergence sum p ln(p / q) in nats of the reference p from the current sample q. Not symmetric.
/// </summary>
/// <remarks>Zero convention: every count is raised by 0.5 in both samples, so the result is always finite.</remarks>
public static class KullbackLeibler
{
    /// <summary>The divergence with the zero convention, at least 0; null when a sample is empty.</summary>
    public static double? Divergence(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) => Counts.AreComparable(reference, current)
        ? OfShares(Counts.SmoothedShares(reference), Counts.SmoothedShares(current))
        : null;

    /// <summary>The divergence of the plain shares, infinite where the current sample lacks a bin that the reference has; null when a sample is empty.</summary>
    public static double? RawDivergence(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) => Counts.AreComparable(reference, current)
        ? OfShares(Counts.Shares(reference), Counts.Shares(current))
        : null;

    /// <summary>Tests the divergence with the zero convention by seeded relabelling with both margins kept, exact at any counts.</summary>
    /// <exception cref="ArgumentException">The bins differ, a count is negative, or there are more than 2^31 - 1 values.</exception>
    public static TwoSampleResult Test(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, RelabellingOptions? options = null) =>
        CountRelabelling.Test(reference, current, Divergence, options);

    /// <summary>The divergence between two histograms over equal edges.</summary>
    public static double? Divergence(Histogram reference, Histogram current)
    {
        (ReadOnlySpan<long> r, ReadOnlySpan<long> c) = HistogramPair.Of(reference, current);
        return Divergence(r, c);
    }

    /// <summary>The test of two histograms over equal edges.</summary>
    public static TwoSampleResult Test(Histogram reference, Histogram current, RelabellingOptions? options = null)
    {
        (ReadOnlySpan<long> r, ReadOnlySpan<long> c) = HistogramPair.Of(reference, current);
        return Test(r, c, options);
    }

    private static double OfShares(double[] p, double[] q)
    {
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            if (p[i] > 0)
                sum += p[i] * Math.Log(p[i] / q[i]);
        }

        return double.Max(0, sum);
    }
}
