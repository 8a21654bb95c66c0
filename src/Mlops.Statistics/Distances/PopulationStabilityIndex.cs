namespace Mlops.Statistics;

/// <summary>
/// The population stability index, sum of (p - q) ln(p / q) over bins: the symmetric Kullback-Leibler divergence in nats.
/// </summary>
/// <remarks>
/// <para>
/// Zero convention: every count is raised by 0.5, p = (c + 0.5) / (N + 0.5 B), in both samples; no other floor.
/// </para>
/// <para>
/// Null law (Yurdakul 2018): PSI / (1/N + 1/M) follows chi-squared with B - 1 degrees. The fixed limits 0.1 and 0.25 of
/// the trade ignore it: with N = M = 100 and 10 bins the mean without any drift is 0.18. The p-value uses bins merged until
/// each expects five values of the smaller sample; the reported value uses all bins.
/// </para>
/// </remarks>
public static class PopulationStabilityIndex
{
    /// <summary>The index between counts of the same bins; 0 for identical shares up to the zero convention.</summary>
    /// <returns>A finite, non-negative number; null when a sample is empty.</returns>
    public static double? Compute(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) => Counts.AreComparable(reference, current)
        ? OfShares(Counts.SmoothedShares(reference), Counts.SmoothedShares(current))
        : null;

    /// <summary>The index between two histograms over equal edges.</summary>
    public static double? Compute(Histogram reference, Histogram current)
    {
        (ReadOnlySpan<long> r, ReadOnlySpan<long> c) = HistogramPair.Of(reference, current);
        return Compute(r, c);
    }

    /// <summary>The index with its p-value under no drift.</summary>
    /// <param name="reference">Counts per bin.</param>
    /// <param name="current">Counts of the same bins.</param>
    /// <param name="ordered">True for bins of a number, which merge with neighbours; false for categories.</param>
    /// <param name="inflation">
    /// Variance inflation by serial dependence, 1 for independent values (see <see cref="SerialDependence"/>).
    /// </param>
    public static TwoSampleResult Test(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool ordered = true, double inflation = 1) =>
        Counts.ChiSquaredTest(reference, current, ordered, static (r, c) => Compute(r, c), OfShares, inflation);

    /// <inheritdoc cref="Test(ReadOnlySpan{long}, ReadOnlySpan{long}, bool, double)"/>
    public static TwoSampleResult Test(Histogram reference, Histogram current, double inflation = 1)
    {
        (ReadOnlySpan<long> r, ReadOnlySpan<long> c) = HistogramPair.Of(reference, current);
        return Test(r, c, ordered: true, inflation);
    }

    /// <summary>The index that no drift exceeds with probability <paramref name="alpha"/>, for bins that all expect five values.</summary>
    /// <param name="referenceCount">Values in the reference, at least 1.</param>
    /// <param name="currentCount">Values in the window, at least 1.</param>
    /// <param name="bins">At least 2.</param>
    /// <param name="alpha">Strictly between 0 and 1.</param>
    public static double CriticalValue(long referenceCount, long currentCount, int bins, double alpha = 0.05) =>
        Counts.CriticalScale(referenceCount, currentCount, bins, alpha);

    private static double OfShares(double[] p, double[] q)
    {
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
            sum += (p[i] - q[i]) * Math.Log(p[i] / q[i]);
        return double.Max(0, sum);
    }
}
