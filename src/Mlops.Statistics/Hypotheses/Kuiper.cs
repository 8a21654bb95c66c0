namespace Mlops.Statistics;

/// <summary>
/// The two-sample Kuiper test: V = sup (F - G) + sup (G - F). It is as sensitive in the tails as at the median, and its value does not
/// depend on where a circular scale (hour of the day, day of the year) begins.
/// </summary>
/// <remarks>
/// V is an integer ratio h / (n m) and computed exactly. By default the p-value is Kuiper's (1960) limit with Stephens's (1970) correction for untied
/// samples of at least 100 values each, and by permutation otherwise. The effect is V, with a 95 % interval from the
/// Dvoretzky-Kiefer-Wolfowitz-Massart bound of each sample, which is conservative. NaN are dropped, infinities rank as the largest and smallest values.
/// </remarks>
public static class Kuiper
{
    private const int SmallestAsymptotic = 100;

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
        double statistic = default(Statistic).Of(samples.First, samples.Second) / ((double)x.Length * y.Length);
        TwoSampleResult result = new() { Statistic = statistic, Effect = DistributionGap.OfBothSides(statistic, x.Length, y.Length), ReferenceCount = x.Length, CurrentCount = y.Length };
        bool limit = !samples.Tied && int.Min(x.Length, y.Length) >= SmallestAsymptotic;
        if (options.Method == PValueMethod.Permutation || (options.Method == PValueMethod.Auto && !limit))
            return result.WithP(Relabelling.PValue(samples, default(Statistic), options), PValueKind.Permutation);
        double root = Math.Sqrt((double)x.Length / (x.Length + y.Length) * y.Length);
        return result.WithLogP(LogLimitSurvival((root + 0.155 + (0.24 / root)) * statistic), samples.Tied ? PValueKind.AsymptoticConservative : PValueKind.Asymptotic);
    }

    /// <summary>log of 2 times the sum over j of (4 j^2 z^2 - 1) e^(-2 j^2 z^2); below 0.4 the lower tail is less than 1e-14.</summary>
    private static double LogLimitSurvival(double z)
    {
        if (z < 0.4)
            return 0;
        double square = z * z, sum = 0;
        for (int j = 1; j <= 20; j++)
            sum += ((4.0 * j * j * square) - 1) * Math.Exp(-2.0 * ((j * j) - 1) * square);
        return double.Min(0, Math.Log(2 * sum) - (2 * square));
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

            long gap = 0, highest = 0, lowest = 0;
            for (int group = 0; group < first.Length; group++)
            {
                gap += (first[group] * m) - (second[group] * n);
                highest = long.Max(highest, gap);
                lowest = long.Min(lowest, gap);
            }

            return highest - lowest;
        }
    }
}
