namespace Mlops.Statistics;

/// <summary>Checks and sums that all count statistics share.</summary>
internal static class Counts
{
    /// <summary>Both spans hold non-negative counts of the same bins.</summary>
    public static void Validate(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        if (reference.Length != current.Length)
        {
            throw new ArgumentException(
                $"Both samples must be counted in the same bins; the reference has {reference.Length}, the current sample {current.Length}.",
                nameof(current));
        }

        ThrowIfUncountable(reference, nameof(reference));
        ThrowIfUncountable(current, nameof(current));
    }

    /// <summary>As <see cref="Validate"/>; false when a sample is empty, so that nothing can be compared.</summary>
    public static bool AreComparable(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        Validate(reference, current);
        return Sum(reference) > 0 && Sum(current) > 0;
    }

    public static void ThrowIfUncountable(ReadOnlySpan<long> counts, string name)
    {
        long sum = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] < 0)
                throw new ArgumentException($"Counts must not be negative; bin {i} holds {counts[i]}.", name);
            if (counts[i] > long.MaxValue - sum)
                throw new ArgumentException($"Counts must sum to less than 2^63; bins 0 to {i} exceed it.", name);
            sum += counts[i];
        }
    }

    public static long Sum(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (long count in counts)
            sum += count;
        return sum;
    }

    /// <summary>Shares with every count raised by a half, which keeps the chi-squared limit honest at small counts.</summary>
    public static double[] SmoothedShares(ReadOnlySpan<long> counts)
    {
        double[] shares = new double[counts.Length];
        double total = Sum(counts) + (0.5 * counts.Length);
        for (int i = 0; i < shares.Length; i++)
            shares[i] = (counts[i] + 0.5) / total;
        return shares;
    }

    /// <summary>Shares as they are.</summary>
    public static double[] Shares(ReadOnlySpan<long> counts)
    {
        double[] shares = new double[counts.Length];
        double total = Sum(counts);
        for (int i = 0; i < shares.Length; i++)
            shares[i] = counts[i] / total;
        return shares;
    }

    /// <summary>The test of a distance whose scaled value follows a chi-squared law with one degree less than bins.</summary>
    /// <param name="reference">Counts per bin.</param>
    /// <param name="current">Counts of the same bins.</param>
    /// <param name="ordered">Whether neighbouring bins belong together.</param>
    /// <param name="distance">The reported value, from counts.</param>
    /// <param name="toStatistic">From smoothed shares of merged bins, the value that times n m / (n + m) is chi-squared.</param>
    /// <param name="inflation">Variance inflation by serial dependence.</param>
    public static TwoSampleResult ChiSquaredTest(
        ReadOnlySpan<long> reference,
        ReadOnlySpan<long> current,
        bool ordered,
        Func<long[], long[], double?> distance,
        Func<double[], double[], double> toStatistic,
        double inflation)
    {
        Validate(reference, current);
        if (!(inflation > 0) || double.IsInfinity(inflation))
            throw new ArgumentOutOfRangeException(nameof(inflation), inflation, "A positive, finite variance inflation is needed; 1 for independent values.");
        long n = Sum(reference), m = Sum(current);
        if (n == 0 || m == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, n, m);
        double value = distance(reference.ToArray(), current.ToArray()) ?? 0;
        (long[] r, long[] c) = ordered ? BinMerging.MergeOrdered(reference, current) : BinMerging.MergeCategories(reference, current);
        TwoSampleResult result = new()
        {
            Statistic = value,
            Effect = new EffectSize(value),
            ReferenceCount = n,
            CurrentCount = m,
        };
        if (r.Length < 2)
            return result with { Reason = NotComputableReason.SingleCategory };
        double scale = ((double)n + m) / n / m * inflation;
        double statistic = toStatistic(SmoothedShares(r), SmoothedShares(c)) / scale;
        return (result with { DegreesOfFreedom = r.Length - 1 })
            .WithLogP(ChiSquaredDistribution.LogSurvival(statistic, r.Length - 1), PValueKind.Asymptotic);
    }

    /// <summary>(1/n + 1/m) times the chi-squared critical value.</summary>
    public static double CriticalScale(long referenceCount, long currentCount, int bins, double alpha)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(referenceCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(currentCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        SignificanceLevel.ThrowIfInvalid(alpha);
        return ((1.0 / referenceCount) + (1.0 / currentCount)) * ChiSquaredDistribution.SurvivalQuantile(alpha, bins - 1);
    }
}
