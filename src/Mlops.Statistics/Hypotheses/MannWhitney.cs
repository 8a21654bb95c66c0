namespace Mlops.Statistics;

/// <summary>
/// The Mann-Whitney U test (Wilcoxon rank sum), two-sided: sensitive to one sample tending to larger values. U counts the
/// pairs in which the reference value is larger, ties by half.
/// </summary>
/// <remarks>
/// Exact (Mann and Whitney 1947, by counting partitions) when the smaller sample has at most eight values, nothing is
/// tied (both as scipy) and n m is at most a million; else normal with tie-corrected variance and continuity correction 0.5. The effect is the probability that
/// a current value exceeds a reference value, ties by half (0.5 means no tendency). NaN are dropped; infinities rank.
/// </remarks>
public static class MannWhitney
{
    private const int ExactSize = 8;

    /// <summary>Compares two samples in any order; neither is modified.</summary>
    public static TwoSampleResult Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return TestSorted(x.Values, y.Values);
    }

    /// <inheritdoc cref="Test(ReadOnlySpan{double}, ReadOnlySpan{double})"/>
    public static TwoSampleResult Test(ReadOnlySpan<float> reference, ReadOnlySpan<float> current)
    {
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return TestSorted(x.Values, y.Values);
    }

    /// <summary>Compares a window with a reference that was sorted once.</summary>
    public static TwoSampleResult Test(PreparedSample reference, ReadOnlySpan<double> current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        using SortedSample window = SortedSample.Rent(current);
        return TestSorted(reference.Sorted, window.Values);
    }

    private static TwoSampleResult TestSorted(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.IsEmpty || y.IsEmpty)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, x.Length, y.Length);
        (double u, double tieSum) = Rank(x, y);
        double n = x.Length, m = y.Length, total = n + m;
        TwoSampleResult result = new()
        {
            Statistic = u,
            Effect = new EffectSize(1 - (u / n / m)),
            ReferenceCount = x.Length,
            CurrentCount = y.Length,
        };
        double larger = double.Max(u, (n * m) - u);
        if (tieSum == 0 && int.Min(x.Length, y.Length) <= ExactSize && n * m <= 1_000_000)
            return result.WithP(2 * ExactTail(x.Length, y.Length, (long)((n * m) - larger)), PValueKind.Exact);
        double variance = n * m / 12 * (total + 1 - (tieSum / (total * (total - 1))));

        // Everything tied: U can take no other value, so nothing speaks against the null.
        if (!(variance > 0))
            return result.WithP(1, PValueKind.Exact);
        double z = (larger - (n * m / 2) - 0.5) / Math.Sqrt(variance);
        return result.WithLogP(Math.Log(2) + NormalDistribution.LogSurvival(z), PValueKind.Asymptotic);
    }

    /// <summary>U of the first sample and the sum of t^3 - t over groups of t equal values.</summary>
    private static (double U, double TieSum) Rank(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        // Twice U is an integer, exact up to 2^63.
        long twice = 0;
        double tieSum = 0;
        int i = 0, j = 0;
        while (i < x.Length || j < y.Length)
        {
            double value = j >= y.Length || (i < x.Length && x[i] <= y[j]) ? x[i] : y[j];
            int fromX = i, fromY = j;
            while (i < x.Length && x[i] == value)
                i++;
            while (j < y.Length && y[j] == value)
                j++;
            long a = i - fromX, b = j - fromY;
            twice += a * ((2L * fromY) + b);
            double t = a + b;
            tieSum += t * ((t * t) - 1);
        }

        return (twice / 2.0, tieSum);
    }

    /// <summary>
    /// P(U &lt;= u), by the coefficients of the Gaussian binomial. The lower tail is summed because its coefficients come
    /// from additions alone; by symmetry it equals the upper one.
    /// </summary>
    private static double ExactTail(int n, int m, long u)
    {
        int small = int.Min(n, m), large = int.Max(n, m);
        int size = small * large;

        // Gaussian binomial coefficients: multiply by (1 - q^(large + k)) and divide by (1 - q^k).
        double[] counts = new double[size + 1];
        counts[0] = 1;
        for (int k = 1; k <= small; k++)
        {
            int step = large + k;
            for (int s = size; s >= step; s--)
                counts[s] -= counts[s - step];
            for (int s = k; s <= size; s++)
                counts[s] += counts[s - k];
        }

        double below = 0, all = 0;
        for (int s = 0; s <= size; s++)
        {
            all += counts[s];
            below += s <= u ? counts[s] : 0;
        }

        return below / all;
    }
}
