namespace Mlops.Statistics;

/// <summary>
/// The pooled two-proportion z-test, here mostly for the share of missing values. Without continuity correction its square
/// is the 2 x 2 chi-squared statistic.
/// </summary>
/// <remarks>
/// The effect is current minus reference share with Newcombe's (1998) hybrid score interval. The normal limit needs about
/// five expected hits and misses per sample; for fewer use Fisher's test.
/// </remarks>
public static class TwoProportionZ
{
    /// <summary>Compares <paramref name="referenceHits"/> of <paramref name="referenceCount"/> with <paramref name="currentHits"/> of <paramref name="currentCount"/>, two-sided.</summary>
    public static TwoSampleResult Test(long referenceHits, long referenceCount, long currentHits, long currentCount)
    {
        Check(referenceHits, referenceCount, nameof(referenceHits));
        Check(currentHits, currentCount, nameof(currentHits));
        if (referenceCount == 0 || currentCount == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, referenceCount, currentCount);
        double n = referenceCount, m = currentCount;
        double p = referenceHits / n, q = currentHits / m;
        TwoSampleResult result = new()
        {
            Effect = Newcombe(referenceHits, n, currentHits, m),
            ReferenceCount = referenceCount,
            CurrentCount = currentCount,
        };
        double pooled = ((double)referenceHits + currentHits) / (n + m);
        if (pooled is 0 or 1)
            return result with { Reason = NotComputableReason.SingleCategory };
        double z = (q - p) / Math.Sqrt(pooled * (1 - pooled) * ((1 / n) + (1 / m)));
        double logP = Math.Log(2) + NormalDistribution.LogSurvival(Math.Abs(z));
        return (result with { Statistic = z }).WithLogP(logP, PValueKind.Asymptotic);
    }

    private static EffectSize Newcombe(double hits, double n, double currentHits, double m)
    {
        double p = hits / n, q = currentHits / m;
        (double pl, double pu) = WilsonInterval.Of(hits, n);
        (double ql, double qu) = WilsonInterval.Of(currentHits, m);
        double difference = q - p;
        double down = Math.Sqrt(((q - ql) * (q - ql)) + ((pu - p) * (pu - p)));
        double up = Math.Sqrt(((qu - q) * (qu - q)) + ((p - pl) * (p - pl)));
        return new EffectSize(difference, double.Max(-1, difference - down), double.Min(1, difference + up));
    }

    private static void Check(long hits, long count, string name)
    {
        if (hits < 0 || hits > count)
            throw new ArgumentOutOfRangeException(name, hits, $"Hits must lie between 0 and the count {count}.");
    }
}
