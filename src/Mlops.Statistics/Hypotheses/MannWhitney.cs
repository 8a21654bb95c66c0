namespace Mlops.Statistics;

/// <summary>
/// The Mann-Whitney U test (Wilcoxon rank sum), two-sided: sensitive to one sample tending to larger values. U counts the
/// pairs in which the reference value is larger, ties by half.
/// </summary>
/// <remarks>
/// By default exact where the count is affordable: without ties (Mann and Whitney 1947, the coefficients of a Gaussian binomial) up to about 340 values a
/// side, with ties conditional on them up to about 45 a side; else normal with tie-corrected variance and continuity correction 0.5. scipy
/// is exact only for a smaller sample of at most eight without ties. The effect is the probability that
/// a current value exceeds a reference value, ties by half (0.5 means no tendency), with the 95 % interval of Newcombe (2006, method 5). NaN are dropped; infinities rank.
/// </remarks>
public static class MannWhitney
{
    // Pairs of values, beyond which no exact count is affordable.
    private const double LargestExact = 1e7;

    /// <summary>Compares two samples in any order; neither is modified.</summary>
    public static TwoSampleResult Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, TwoSampleTestOptions? options = null)
    {
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return TestSorted(x.Values, y.Values, options);
    }

    /// <inheritdoc cref="Test(ReadOnlySpan{double}, ReadOnlySpan{double}, TwoSampleTestOptions?)"/>
    public static TwoSampleResult Test(ReadOnlySpan<float> reference, ReadOnlySpan<float> current, TwoSampleTestOptions? options = null)
    {
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return TestSorted(x.Values, y.Values, options);
    }

    /// <summary>Compares a window with a reference that was sorted once.</summary>
    public static TwoSampleResult Test(PreparedSample reference, ReadOnlySpan<double> current, TwoSampleTestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        using SortedSample window = SortedSample.Rent(current);
        return TestSorted(reference.Sorted, window.Values, options);
    }

    /// <inheritdoc cref="Test(PreparedSample, ReadOnlySpan{double}, TwoSampleTestOptions?)"/>
    public static TwoSampleResult Test(PreparedSample reference, ReadOnlySpan<float> current, TwoSampleTestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        using SortedSample window = SortedSample.Rent(current);
        return TestSorted(reference.Sorted, window.Values, options);
    }

    /// <summary>Compares two prepared samples without sorting anything.</summary>
    public static TwoSampleResult Test(PreparedSample reference, PreparedSample current, TwoSampleTestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        return TestSorted(reference.Sorted, current.Sorted, options);
    }

    private static TwoSampleResult TestSorted(ReadOnlySpan<double> x, ReadOnlySpan<double> y, TwoSampleTestOptions? options)
    {
        options ??= TwoSampleTestOptions.Default;
        if (x.IsEmpty || y.IsEmpty)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, x.Length, y.Length);
        (double u, double tieSum) = Rank(x, y);
        double n = x.Length, m = y.Length, total = n + m;
        TwoSampleResult result = new()
        {
            Statistic = u,
            Effect = Tendency(1 - (u / n / m), n, m),
            ReferenceCount = x.Length,
            CurrentCount = y.Length,
        };
        double larger = double.Max(u, (n * m) - u);
        if (options.Method == PValueMethod.Permutation)
            return result.WithP(Relabelling.PValue(TiedSamples.Of(x, y), default(Deviation), options), PValueKind.Permutation);
        if (options.Method == PValueMethod.Auto && Exact(x, y, tieSum > 0, larger) is double exact)
            return result.WithP(exact, PValueKind.Exact);
        double variance = n * m / 12 * (total + 1 - (tieSum / (total * (total - 1))));

        // Everything tied: U can take no other value, so nothing speaks against the null.
        if (!(variance > 0))
            return result.WithP(1, PValueKind.Exact);
        double z = (larger - (n * m / 2) - 0.5) / Math.Sqrt(variance);
        return result.WithLogP(Math.Log(2) + NormalDistribution.LogSurvival(z), PValueKind.Asymptotic);
    }

    /// <summary>
    /// The probabilities whose standard error (Hanley and McNeil 1982, both sizes at their mean) explains the observed one at 1.96 of them.
    /// </summary>
    private static EffectSize Tendency(double observed, double n, double m)
    {
        double size = (0.5 * (n + m)) - 1;
        return new EffectSize(observed, Solve(0), Solve(1));

        double Solve(double end)
        {
            // At the end the error is 0, at the observation the distance: one sign change between them.
            double near = observed, far = end;
            for (int i = 0; i < 60; i++)
            {
                double middle = 0.5 * (near + far);
                double variance = middle * (1 - middle) / (n * m) * (1 + (size * (((1 - middle) / (2 - middle)) + (middle / (1 + middle)))));
                if (Math.Abs(middle - observed) < NormalDistribution.TwoSided95 * Math.Sqrt(variance))
                    near = middle;
                else
                    far = middle;
            }

            return far;
        }
    }

    private static double? Exact(ReadOnlySpan<double> x, ReadOnlySpan<double> y, bool tied, double larger)
    {
        double pairs = (double)x.Length * y.Length;
        if (pairs > LargestExact)
            return null;
        return tied
            ? MannWhitneyLaw.TwoSidedTied(TiedSamples.Of(x, y), (long)((2 * larger) - pairs))
            : 2 * MannWhitneyLaw.LowerTail(x.Length, y.Length, (long)(pairs - larger));
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

    /// <summary>Twice |U - n m / 2|.</summary>
    private readonly struct Deviation : IRankStatistic
    {
        public double Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
        {
            long twice = 0, below = 0, n = 0;
            for (int group = 0; group < first.Length; group++)
            {
                twice += first[group] * ((2 * below) + second[group]);
                below += second[group];
                n += first[group];
            }

            return Math.Abs(twice - (n * below));
        }
    }
}
