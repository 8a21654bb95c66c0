namespace Mlops.Statistics;

/// <summary>
/// Jensen-Shannon divergence and distance between counts of the same bins. Zero counts need no convention: a bin that one
/// sample lacks contributes a finite amount.
/// </summary>
/// <remarks>
/// Null law: 8 JS N M / (N + M) in nats follows chi-squared with B - 1 degrees (the second-order expansion of the
/// divergence about equal shares). The p-value raises every merged count by 0.5, without which small counts raise too many
/// alarms (8 % instead of 5 at six values per bin); the reported distance does not.
/// </remarks>
public static class JensenShannon
{
    /// <summary>The divergence in nats, 0 to ln 2; null when a sample is empty.</summary>
    public static double? Divergence(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) => Counts.AreComparable(reference, current)
        ? OfShares(Counts.Shares(reference), Counts.Shares(current))
        : null;

    /// <summary>The distance, square root of the divergence in nats (scipy's <c>jensenshannon</c>), 0 to 0.8326; null when a sample is empty.</summary>
    public static double? Distance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) =>
        Divergence(reference, current) is double divergence ? Math.Sqrt(divergence) : null;

    /// <summary>The distance in base 2, 0 to 1; null when a sample is empty.</summary>
    public static double? DistanceBase2(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) =>
        Divergence(reference, current) is double divergence ? Math.Sqrt(double.Min(1, divergence / Math.Log(2))) : null;

    /// <summary>The distance (nats) with its p-value under no drift; parameters as <see cref="PopulationStabilityIndex.Test(ReadOnlySpan{long}, ReadOnlySpan{long}, bool, double)"/>.</summary>
    public static TwoSampleResult Test(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool ordered = true, double inflation = 1) =>
        Counts.ChiSquaredTest(reference, current, ordered, static (r, c) => Distance(r, c), static (p, q) => 8 * OfShares(p, q), inflation);

    /// <summary>The distance between two histograms over equal edges.</summary>
    public static double? Distance(Histogram reference, Histogram current)
    {
        (ReadOnlySpan<long> r, ReadOnlySpan<long> c) = HistogramPair.Of(reference, current);
        return Distance(r, c);
    }

    /// <summary>The test of two histograms over equal edges, neighbours merged where bins are rare.</summary>
    public static TwoSampleResult Test(Histogram reference, Histogram current, double inflation = 1)
    {
        (ReadOnlySpan<long> r, ReadOnlySpan<long> c) = HistogramPair.Of(reference, current);
        return Test(r, c, ordered: true, inflation);
    }

    /// <summary>The distance (nats) that no drift exceeds with probability <paramref name="alpha"/>.</summary>
    public static double CriticalValue(long referenceCount, long currentCount, int bins, double alpha = 0.05) =>
        Math.Sqrt(Counts.CriticalScale(referenceCount, currentCount, bins, alpha) / 8);

    private static double OfShares(double[] reference, double[] current)
    {
        double sum = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            double p = reference[i], q = current[i], middle = 0.5 * (p + q);
            if (p > 0)
                sum += 0.5 * p * Math.Log(p / middle);
            if (q > 0)
                sum += 0.5 * q * Math.Log(q / middle);
        }

        return double.Clamp(sum, 0, Math.Log(2));
    }
}
