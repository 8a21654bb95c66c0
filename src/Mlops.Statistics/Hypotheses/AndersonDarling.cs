namespace Mlops.Statistics;

/// <summary>
/// The two-sample Anderson-Darling test, with midranks where values are tied (Scholz and Stephens 1987): squared differences of the two
/// distributions, weighted so that the tails count as much as the middle.
/// </summary>
/// <remarks>
/// The statistic is standardized by its exact mean and variance under the null, as in scipy. By default the p-value is that of the limit law
/// with that mean and variance for untied samples of at least 20 values each, and by permutation otherwise; unlike scipy's it is
/// not clipped to 0.001 to 0.25. The effect is the Kolmogorov-Smirnov distance D with its 95 % interval. NaN are dropped, infinities rank as the largest and smallest values.
/// </remarks>
public static partial class AndersonDarling
{
    private const int SmallestAsymptotic = 20;
    private const int FewestValues = 4;

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
        if (x.Length + y.Length < FewestValues)
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, x.Length, y.Length);
        TiedSamples samples = TiedSamples.Of(x, y);
        if (samples.Values.Length == 1)
            return TwoSampleResult.NotComputable(NotComputableReason.ConstantSample, x.Length, y.Length);
        double deviation = Math.Sqrt(Variance(2, x.Length + y.Length, (1.0 / x.Length) + (1.0 / y.Length)));
        double standardized = (default(Statistic).Of(samples.First, samples.Second) - 1) / deviation;
        TwoSampleResult result = new()
        {
            Statistic = standardized,
            Effect = DistributionGap.Of(samples, x.Length, y.Length),
            ReferenceCount = x.Length,
            CurrentCount = y.Length,
        };
        bool limit = !samples.Tied && int.Min(x.Length, y.Length) >= SmallestAsymptotic;
        if (options.Method == PValueMethod.Permutation || (options.Method == PValueMethod.Auto && !limit))
            return result.WithP(Relabelling.PValue(samples, default(Statistic), options), PValueKind.Permutation);
        double stretched = 1 + (standardized * Math.Sqrt(AndersonDarlingDistribution.Variance));
        return result.WithLogP(AndersonDarlingDistribution.LogSurvival(stretched), PValueKind.Asymptotic);
    }

    /// <summary>
    /// The null variance of the statistic (Scholz and Stephens 1987, equation 4) of so many samples, their values together and the sum of
    /// their inverse sizes.
    /// </summary>
    private static double Variance(int samples, double total, double inverse)
    {
        double harmonic = 0, running = 0, g = 0, k = samples;
        for (int i = 1; i < total; i++)
            harmonic += 1.0 / i;
        for (int i = 1; i < total - 1; i++)
        {
            running += 1.0 / i;
            g += (harmonic - running) / (total - i);
        }

        double a = (((4 * g) - 6) * (k - 1)) + ((10 - (6 * g)) * inverse);
        double b = (((2 * g) - 4) * k * k) + (8 * harmonic * k) + (((2 * g) - (14 * harmonic) - 4) * inverse) - (8 * harmonic) + (4 * g) - 6;
        double c = (((6 * harmonic) + (2 * g) - 2) * k * k) + (((4 * harmonic) - (4 * g) + 6) * k) + (((2 * harmonic) - 6) * inverse) + (4 * harmonic);
        double d = (((2 * harmonic) + 6) * k * k) - (4 * harmonic * k);
        return ((((((a * total) + b) * total) + c) * total) + d) / ((total - 1) * (total - 2) * (total - 3));
    }

    private readonly struct Statistic : IRankStatistic
    {
        public double Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
        {
            long n = 0, m = 0;
            for (int group = 0; group < first.Length; group++)
            {
                n += first[group];
                m += second[group];
            }

            // With two samples both inner sums are equal but for their weights, which add up to (n + m) / (n m).
            long total = n + m, i = 0, below = 0;
            double sum = 0;
            for (int group = 0; group < first.Length; group++)
            {
                long own = first[group], size = own + second[group];
                long twiceBelow = (2 * below) + size;
                double gap = ((double)total * ((2 * i) + own)) - ((double)n * twiceBelow);
                sum += size * gap * gap / (((double)twiceBelow * ((2 * total) - twiceBelow)) - ((double)total * size));
                i += own;
                below += size;
            }

            return (total - 1.0) / total * sum / ((double)n * m);
        }
    }
}
