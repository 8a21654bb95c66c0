namespace Mlops.Statistics;

/// <summary>
/// The two-sample Cramer-von Mises test: T = n m / (n + m)^2 times the sum of (F - G)^2 over all values, with midranks where values are tied
/// (Anderson 1962). Like Kolmogorov-Smirnov sensitive to any difference, and usually stronger against a shift of level.
/// </summary>
/// <remarks>
/// <para>
/// T is a ratio of integers and computed exactly. By default the p-value is exact for untied samples of up to 20 values each (counting
/// lattice paths, Xiao, Gordon and Yakovlev 2006), from the limit law with Anderson's finite-sample mean and variance for larger untied ones
/// (relative error below 2 % at p = 0.05 from 20 values on), and by permutation for tied ones, whose limit is another.
/// </para>
/// <para>
/// The effect is the Kolmogorov-Smirnov distance D with its 95 % interval, since T grows with the samples. NaN are dropped, infinities rank as the
/// largest and smallest values.
/// </para>
/// </remarks>
public static class CramerVonMises
{
    private const int LargestExact = 20;

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

    /// <summary>Compares a window with a reference that was sorted once; only the window is sorted here.</summary>
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
        TiedSamples samples = TiedSamples.Of(x, y);
        double statistic = default(Statistic).Of(samples.First, samples.Second);
        TwoSampleResult result = new()
        {
            Statistic = statistic,
            Effect = DistributionGap.Of(samples, x.Length, y.Length),
            ReferenceCount = x.Length,
            CurrentCount = y.Length,
        };
        bool tied = samples.Tied;
        if (options.Method == PValueMethod.Permutation || (options.Method == PValueMethod.Auto && tied))
            return result.WithP(Relabelling.PValue(samples, default(Statistic), options), PValueKind.Permutation);
        if (options.Method == PValueMethod.Auto && int.Max(x.Length, y.Length) <= LargestExact)
            return result.WithP(CramerVonMisesLattice.Survival(samples.First, x.Length, y.Length), PValueKind.Exact);
        return result.WithLogP(LogLimit(statistic, x.Length, y.Length), PValueKind.Asymptotic);
    }

    /// <summary>The limit law, stretched to the mean and the variance that T has at these sizes (Anderson 1962).</summary>
    private static double LogLimit(double statistic, double n, double m)
    {
        double total = n + m, product = n * m;
        double mean = (1 + (1 / total)) / 6;
        double variance = (total + 1) / 45 * ((4 * product * total) - (3 * ((n * n) + (m * m))) - (2 * product)) / (4 * total * total * product);
        return CramerVonMisesDistribution.LogSurvival((1.0 / 6) + ((statistic - mean) / Math.Sqrt(45 * variance)));
    }

    private readonly struct Statistic : IRankStatistic
    {
        public double Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
        {
            // Twelve times the sums of squared differences between midranks in the pooled and in the own sample, as integers.
            Int128 ofFirst = 0, ofSecond = 0;
            long i = 0, j = 0;
            for (int group = 0; group < first.Length; group++)
            {
                long a = first[group], b = second[group];
                ofFirst += (3 * (Int128)a * Square((2 * j) + b)) + (a * (Int128)((a * a) - 1));
                ofSecond += (3 * (Int128)b * Square((2 * i) + a)) + (b * (Int128)((b * b) - 1));
                i += a;
                j += b;
            }

            Int128 product = (Int128)i * j;
            Int128 numerator = (i * ofFirst) + (j * ofSecond) - (2 * product * ((4 * product) - 1));
            return (double)numerator / (12.0 * (double)product * (i + j));
        }

        private static Int128 Square(long value) => (Int128)value * value;
    }
}
