namespace Mlops.Statistics;

/// <summary>
/// Hellinger distance sqrt(sum (sqrt p - sqrt q)^2 / 2) between counts of the same bins, 0 to 1. Zero counts need no
/// convention.
/// </summary>
/// <remarks>Null law: 8 H^2 N M / (N + M) follows chi-squared with B - 1 degrees. The p-value raises every merged
/// count by 0.5, without which small counts raise too many alarms; the reported distance does not.</remarks>
public static class Hellinger
{
    /// <summary>The distance, 0 for equal shares and 1 for disjoint ones; null when a sample is empty.</summary>
    public static double? Distance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) => Counts.AreComparable(reference, current)
        ? Math.Sqrt(SquareOfShares(Counts.Shares(reference), Counts.Shares(current)))
        : null;

    /// <summary>The distance with its p-value under no drift; parameters as <see cref="PopulationStabilityIndex.Test(ReadOnlySpan{long}, ReadOnlySpan{long}, bool, double)"/>.</summary>
    public static TwoSampleResult Test(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool ordered = true, double inflation = 1) =>
        Counts.ChiSquaredTest(reference, current, ordered, static (r, c) => Distance(r, c), static (p, q) => 8 * SquareOfShares(p, q), inflation);

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

    /// <summary>The distance that no drift exceeds with probability <paramref name="alpha"/>.</summary>
    public static double CriticalValue(long referenceCount, long currentCount, int bins, double alpha = 0.05) =>
        Math.Sqrt(Counts.CriticalScale(referenceCount, currentCount, bins, alpha) / 8);

    private static double SquareOfShares(double[] p, double[] q)
    {
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            double difference = Math.Sqrt(p[i]) - Math.Sqrt(q[i]);
            sum += difference * difference;
        }

        return double.Min(1, 0.5 * sum);
    }
}
