namespace Mlops.Statistics;

/// <summary>Distances between the shares of the same bins that need no logarithm. All lie in [0, 1], take zeros as they are and are null when a sample is empty.</summary>
public static class ShareDistance
{
    /// <summary>Total variation: half the sum of |p - q|, the largest difference in probability of any set of bins.</summary>
    public static double? TotalVariation(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) =>
        0.5 * Fold(reference, current, static (sum, d) => sum + d);

    /// <summary>L-infinity: the largest |p - q| of a single bin, NannyML's and TFDV's choice for categories.</summary>
    public static double? LInfinity(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) =>
        Fold(reference, current, double.Max);

    /// <summary>Tests total variation by seeded relabelling with both margins kept, exact at any counts.</summary>
    /// <exception cref="ArgumentException">The bins differ, a count is negative, or there are more than 2^31 - 1 values.</exception>
    public static TwoSampleResult TestTotalVariation(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, RelabellingOptions? options = null) =>
        CountRelabelling.Test(reference, current, TotalVariation, options);

    /// <summary>Tests L-infinity as <see cref="TestTotalVariation"/> does.</summary>
    /// <inheritdoc cref="TestTotalVariation" path="/exception"/>
    public static TwoSampleResult TestLInfinity(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, RelabellingOptions? options = null) =>
        CountRelabelling.Test(reference, current, LInfinity, options);

    /// <inheritdoc cref="TotalVariation(ReadOnlySpan{long}, ReadOnlySpan{long})"/>
    public static double? TotalVariation(Histogram reference, Histogram current)
    {
        (ReadOnlySpan<long> r, ReadOnlySpan<long> c) = HistogramPair.Of(reference, current);
        return TotalVariation(r, c);
    }

    /// <inheritdoc cref="LInfinity(ReadOnlySpan{long}, ReadOnlySpan{long})"/>
    public static double? LInfinity(Histogram reference, Histogram current)
    {
        (ReadOnlySpan<long> r, ReadOnlySpan<long> c) = HistogramPair.Of(reference, current);
        return LInfinity(r, c);
    }

    private static double? Fold(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, Func<double, double, double> fold)
    {
        if (!Counts.AreComparable(reference, current))
            return null;
        double n = Counts.Sum(reference), m = Counts.Sum(current);
        double value = 0;
        for (int i = 0; i < reference.Length; i++)
            value = fold(value, Math.Abs((reference[i] / n) - (current[i] / m)));
        return value;
    }
}
