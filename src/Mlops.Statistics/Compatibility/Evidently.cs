namespace Mlops.Statistics;

/// <summary>
/// The figures that Evidently (Python) shows under the same names, for dashboards and thresholds that were tuned on them. They are not
/// calibrated: without any drift its PSI rule alarms on 99 % of 50-row windows. For decisions use this package's own tests.
/// </summary>
/// <remarks>
/// Numbers are binned by numpy's Sturges rule over both samples together. Where shares must not be zero, a zero becomes 1e-4, or a
/// millionth of the smallest positive share when that is at most 1e-4, in each sample apart. Values that are not finite are ignored.
/// </remarks>
public static class Evidently
{
    private const double Floor = 1e-4;

    /// <summary>PSI of two samples of numbers; null when one holds no finite value.</summary>
    public static double? PopulationStabilityIndex(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        Count(reference, current) is (long[] r, long[] c) ? PopulationStabilityIndex(r, c) : null;

    /// <summary>PSI of counts of the same categories; null when a sample is empty.</summary>
    public static double? PopulationStabilityIndex(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        if (!Counts.AreComparable(reference, current))
            return null;
        double[] p = FilledShares(reference), q = FilledShares(current);
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
            sum += (p[i] - q[i]) * Math.Log(p[i] / q[i]);
        return sum;
    }

    /// <summary>Jensen-Shannon distance in nats of two samples of numbers, 0 to 0.833; null when one holds no finite value.</summary>
    public static double? JensenShannonDistance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        Count(reference, current) is (long[] r, long[] c) ? JensenShannon.Distance(r, c) : null;

    /// <summary>Kullback-Leibler divergence in nats of the reference from the current sample; null when one holds no finite value.</summary>
    public static double? KullbackLeiblerDivergence(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        Count(reference, current) is (long[] r, long[] c) ? KullbackLeiblerDivergence(r, c) : null;

    /// <summary>Kullback-Leibler divergence in nats of counts of the same categories; null when a sample is empty.</summary>
    public static double? KullbackLeiblerDivergence(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        if (!Counts.AreComparable(reference, current))
            return null;
        double[] p = FilledShares(reference), q = FilledShares(current);
        double ofP = p.Sum(), ofQ = q.Sum(), sum = 0;
        for (int i = 0; i < p.Length; i++)
            sum += p[i] / ofP * Math.Log(p[i] / ofP / (q[i] / ofQ));
        return sum;
    }

    /// <summary>
    /// The one-sample chi-squared test against the reference's counts scaled to the window, which takes the reference for the truth and
    /// so alarms on 28 to 87 % of windows without drift. Not computable where a reference count is zero.
    /// </summary>
    public static TwoSampleResult ChiSquare(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        Counts.Validate(reference, current);
        long n = Counts.Sum(reference), m = Counts.Sum(current);
        if (n == 0 || m == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, n, m);
        if (reference.Length < 2)
            return TwoSampleResult.NotComputable(NotComputableReason.SingleCategory, n, m);
        if (reference.Contains(0))
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, n, m);
        double scale = (double)m / n, statistic = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            double expected = reference[i] * scale;
            statistic += (current[i] - expected) * (current[i] - expected) / expected;
        }

        int freedom = reference.Length - 1;
        TwoSampleResult result = new() { Statistic = statistic, DegreesOfFreedom = freedom, ReferenceCount = n, CurrentCount = m };
        return result.WithLogP(ChiSquaredDistribution.LogSurvival(statistic, freedom), PValueKind.Asymptotic);
    }

    internal static EqualWidthBins? Bins(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        ReadOnlySpan<double> first = CdfIntegral.Finite(x.Values), second = CdfIntegral.Finite(y.Values);
        return first.IsEmpty || second.IsEmpty ? null : EqualWidthBins.Sturges(SampleSort.Sorted((double[])[.. first, .. second]));
    }

    private static (long[] Reference, long[] Current)? Count(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        Bins(reference, current) is { } bins ? (bins.Count(reference).Counts, bins.Count(current).Counts) : null;

    private static double[] FilledShares(ReadOnlySpan<long> counts)
    {
        double[] shares = Counts.Shares(counts);
        double smallest = shares.Where(static share => share > 0).DefaultIfEmpty(1).Min();
        double filling = smallest <= Floor ? smallest / 1e6 : Floor;
        for (int i = 0; i < shares.Length; i++)
            shares[i] = shares[i] == 0 ? filling : shares[i];
        return shares;
    }
}
