using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The checks of a column that compare shares of rows.</summary>
internal sealed class ShareChecks(DriftThresholds thresholds)
{
    // Below, the normal law of a difference of shares is not to be trusted.
    private const double SmallestExpected = 5;

    /// <summary>The test of a share, two-sided; null where the property occurs in no row or in every row.</summary>
    /// <param name="test">What is compared.</param>
    /// <param name="referenceHits">Rows of the reference that have the property.</param>
    /// <param name="referenceCount">Rows of the reference.</param>
    /// <param name="currentHits">Rows of the window that have it.</param>
    /// <param name="currentCount">Rows of the window.</param>
    /// <param name="inflation">By how much the dependence of rows inflates the variance of the share.</param>
    public DriftCheck? Share(DriftTest test, long referenceHits, long referenceCount, long currentHits, long currentCount, double inflation)
    {
        long hits = referenceHits + currentHits, total = referenceCount + currentCount;
        if (hits == 0 || hits == total || referenceCount == 0 || currentCount == 0)
            return null;
        double effect = Math.Abs(((double)currentHits / currentCount) - ((double)referenceHits / referenceCount));
        (long r, long n) = Effective(referenceHits, referenceCount, inflation);
        (long c, long m) = Effective(currentHits, currentCount, inflation);
        double smallest = (double)Math.Min(r + c, n + m - r - c) / (n + m) * Math.Min(n, m);
        TwoSampleResult? normal = smallest < SmallestExpected ? null : TwoProportionZ.Test(r, n, c, m);
        return Check(test, effect) with
        {
            Statistic = normal?.Statistic,
            PValue = normal is null ? FisherExact.Test(r, n, c, m).PValue : normal.PValue,
            MinimumDetectableEffect = MinimumDetectable.Share((double)hits / total, n, m, thresholds.Alpha),
        };
    }

    /// <summary>
    /// Values beyond the reference's smallest and largest one. If both are draws of one law, the chance that of m values the lowest a and the highest b of all n + m lie in the
    /// window is q(a + b) = m (m - 1) ... / ((n + m)(n + m - 1) ...), so k or more outside have probability (k + 1) q(k) - k q(k + 1), whatever the law; ties only make it smaller.
    /// </summary>
    /// <param name="outside">Finite values of the window outside the range, k.</param>
    /// <param name="reference">Finite values of the reference, n; effective where rows depend on each other.</param>
    /// <param name="current">Finite values of the window, m.</param>
    /// <param name="inflation">By how much dependence inflates the window's variance.</param>
    public DriftCheck? Range(long outside, double reference, long current, double inflation)
    {
        if (outside == 0 || !(reference >= 1))
            return null;
        double m = current / inflation;
        return Check(DriftTest.Range, (double)outside / current) with { Statistic = outside, PValue = BeyondBoth(Math.Floor(outside / inflation), reference, m) };
    }

    /// <summary>
    /// Rows of categories that the reference never saw, against the reference's rows whose category it saw once: a further row is as likely to be new as such a row was
    /// (Good 1953), so rare categories alone are no alarm. One-sided.
    /// </summary>
    public DriftCheck? NewCategories(long[] reference, long[] current, double inflation)
    {
        long n = reference.Sum(), m = current.Sum(), unseen = current[^1];
        if (unseen == 0 || n == 0)
            return null;
        double effect = (double)unseen / m;
        if (reference[^1] > 0)
            return Check(DriftTest.NewCategories, effect) with { Effect = null, NotTested = "the reference has more categories than it keeps (MaximumCategories)" };
        (long r, long rows) = Effective(reference.LongCount(static c => c == 1), n, inflation);
        (long c, long window) = Effective(unseen, m, inflation);
        return Check(DriftTest.NewCategories, effect) with
        {
            Statistic = unseen,
            PValue = FisherExact.Test(r, rows, c, window, Alternative.Greater).PValue,
        };
    }

    /// <summary>
    /// The reference's categories that the window lacks: a category of c rows misses a window of m by chance with probability n (n - 1) ... / ((n + m)(n + m - 1) ...), c factors.
    /// The least of these probabilities times the number of categories.
    /// </summary>
    public DriftCheck? VanishedCategories(long[] reference, long[] current, double inflation)
    {
        long n = reference.Sum(), m = current.Sum();
        long largest = 0, categories = 0, lacking = 0;
        for (int i = 0; i < reference.Length - 1; i++)
        {
            categories += reference[i] > 0 ? 1 : 0;
            if (reference[i] == 0 || current[i] > 0)
                continue;
            largest = Math.Max(largest, reference[i]);
            lacking += reference[i];
        }

        if (largest == 0 || m == 0)
            return null;
        double p = Run(Math.Floor(largest / inflation), n / inflation, m / inflation);
        return Check(DriftTest.VanishedCategories, (double)lacking / n) with { Statistic = lacking, PValue = Math.Min(1, p * categories) };
    }

    private static double BeyondBoth(double k, double n, double m) =>
        k < 1 ? 1 : Math.Min(1, Run(k, m, n) * (k + 1 - (k * Math.Max(0, m - k) / (n + m - k))));

    /// <summary>The probability that the first k of own + other shuffled rows all belong to the former.</summary>
    private static double Run(double k, double own, double other)
    {
        double product = 1;
        for (int i = 0; i < k && product > 0; i++)
            product *= Math.Max(0, own - i) / (own + other - i);
        return product;
    }

    /// <summary>As many independent rows as the dependent ones are worth.</summary>
    private static (long Hits, long Count) Effective(long hits, long count, double inflation) =>
        inflation > 1 ? ((long)Math.Round(hits / inflation), Math.Max(1, (long)Math.Round(count / inflation))) : (hits, count);

    private DriftCheck Check(DriftTest test, double effect) => new()
    {
        Test = test,
        Effect = effect,
        EffectFloor = thresholds.ShareFloor,
        Weight = CheckWeights.Other,
    };
}
