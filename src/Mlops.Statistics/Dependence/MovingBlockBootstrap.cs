namespace Mlops.Statistics;

/// <summary>
/// Intervals and two-sample tests for any statistic of dependent series: the series is put together anew from blocks of consecutive values
/// (Kuensch 1989), which keeps the dependence that independent resampling destroys.
/// </summary>
/// <remarks>
/// <para>
/// Statistics are told series in time order, NaN skipped. Blocks cut dependence at their ends, which makes resamples vary too little: deviations of resampled
/// statistics from their mean are widened by the factor that the mean of the series needs, from its blocks' variance to that of the autoregression behind
/// <see cref="SerialDependence"/>. An interval is the basic one: the estimate minus the deviations' quantiles.
/// </para>
/// <para>
/// Assumes stationary series whose dependence dies out well within the block length, and a statistic that is smooth in the data: means,
/// shares, deviations, quantiles; not extremes.
/// </para>
/// </remarks>
public static class MovingBlockBootstrap
{
    private const int FewestValues = 16;
    private const double MostWidening = 3;

    /// <summary>
    /// The block length of Politis and White (2004) with the constant of their correction with Patton (2009): (2 G^2 / D)^(1/3) n^(1/3), D = 4/3 g(0)^2, with g(0) and G
    /// the sums of autocovariances and of lag times autocovariance under a flat-top window. Best for the variance of a mean; 1 where the lag tests of
    /// <see cref="SerialDependence"/>, over all lags and of the first alone, find nothing at 1 % each, at most 3 sqrt(n) and n / 3.
    /// </summary>
    /// <param name="series">Equally spaced values in time order; NaN are skipped.</param>
    public static int BlockLength(ReadOnlySpan<double> series)
    {
        double[] values = Kept(series);
        int n = values.Length;

        // The test of all lags is weak against a moderate first one, and a series wrongly taken as independent alarms too often.
        if (n < FewestValues || !(SerialDependence.Measure(values).IsDependent() || SerialDependence.Measure(values, lags: 1).IsDependent()))
            return 1;
        double logarithm = Math.Log10(n);
        int run = int.Max(5, (int)Math.Sqrt(logarithm)), largest = int.Min((int)Math.Ceiling(Math.Sqrt(n)) + run, n - 1);
        if (Autocovariance(values, largest) is not double[] covariance)
            return 1;

        // The first lag after which a run of correlations is within chance.
        double chance = 2 * Math.Sqrt(logarithm / n) * covariance[0];
        int last = 0, quiet = 0;
        for (int lag = 1; lag <= largest && quiet < run; lag++)
        {
            bool loud = Math.Abs(covariance[lag]) >= chance;
            last = loud ? lag : last;
            quiet = loud ? 0 : quiet + 1;
        }

        int width = int.Min(2 * int.Max(last, 1), largest);
        double g0 = covariance[0], sum = 0;
        for (int lag = 1; lag <= width; lag++)
        {
            double t = (double)lag / width, window = t <= 0.5 ? 1 : 2 * (1 - t);
            g0 += 2 * window * covariance[lag];
            sum += 2 * window * lag * covariance[lag];
        }

        double length = Math.Cbrt(1.5 * sum * sum / (g0 * g0) * n);
        return int.Max(1, (int)Math.Ceiling(double.Min(length, double.Min(3 * Math.Sqrt(n), n / 3.0))));
    }

    /// <summary>The statistic of the whole series with a confidence interval; null for fewer than 16 values or where the statistic is not finite.</summary>
    /// <param name="series">Equally spaced values in time order; NaN are skipped.</param>
    /// <param name="statistic">Computes a number from a series.</param>
    /// <param name="options">Block length, resamples, confidence, seed.</param>
    public static EffectSize? Interval(ReadOnlySpan<double> series, Func<ReadOnlySpan<double>, double> statistic, MovingBlockOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(statistic);
        options ??= MovingBlockOptions.Default;
        double[] values = Kept(series);
        SplitMix64 random = new(options.Seed);
        if (values.Length < FewestValues || Deviations(values, statistic, options, ref random) is not double[] deviations)
            return null;
        return Basic(statistic(values), deviations, options.Confidence);
    }

    /// <summary>
    /// Tests that a statistic of both series has the same true value: the observed difference, current minus reference, against that of independently resampled
    /// series about its own mean. Each series keeps its own law and dependence, so unequal variances are no difference unless the statistic says so.
    /// </summary>
    /// <param name="reference">Equally spaced values in time order; NaN are skipped. At least 16.</param>
    /// <param name="current">The same of the current series, which begins after the reference's dependence has died out.</param>
    /// <param name="statistic">Computes a number from a series; the mean if null.</param>
    /// <param name="options">Block length, resamples, confidence, seed.</param>
    public static TwoSampleResult Test(
        ReadOnlySpan<double> reference, ReadOnlySpan<double> current, Func<ReadOnlySpan<double>, double>? statistic = null, MovingBlockOptions? options = null)
    {
        options ??= MovingBlockOptions.Default;
        statistic ??= Mean;
        double[] x = Kept(reference), y = Kept(current);
        if (x.Length == 0 || y.Length == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, x.Length, y.Length);
        if (int.Min(x.Length, y.Length) < FewestValues)
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, x.Length, y.Length);
        SplitMix64 random = new(options.Seed);
        if (Deviations(x, statistic, options, ref random) is not double[] ofX || Deviations(y, statistic, options, ref random) is not double[] ofY)
            return TwoSampleResult.NotComputable(NotComputableReason.NumericOverflow, x.Length, y.Length);
        double difference = statistic(y) - statistic(x);
        double[] deviations = [.. ofY.Zip(ofX, static (b, a) => b - a)];
        if (Array.TrueForAll(deviations, static d => d == 0))
            return TwoSampleResult.NotComputable(NotComputableReason.ConstantSample, x.Length, y.Length, difference);
        double reached = Math.Abs(difference) * (1 - 1e-12);
        int extreme = deviations.Count(d => Math.Abs(d) >= reached);
        TwoSampleResult result = new()
        {
            Statistic = difference,
            Effect = Basic(difference, deviations, options.Confidence),
            ReferenceCount = x.Length,
            CurrentCount = y.Length,
        };
        return result.WithP((extreme + 1.0) / (deviations.Length + 1.0), PValueKind.Bootstrap);
    }

    private static EffectSize Basic(double estimate, double[] deviations, double confidence)
    {
        double[] sorted = SampleSort.Sorted(deviations);
        double tail = 0.5 * (1 - confidence);
        return new(estimate, estimate - SampleSort.Quantile(sorted, 1 - tail), estimate - SampleSort.Quantile(sorted, tail), confidence);
    }

    /// <summary>Resampled statistics less their mean, widened; null where one is not finite.</summary>
    private static double[]? Deviations(double[] values, Func<ReadOnlySpan<double>, double> statistic, MovingBlockOptions options, ref SplitMix64 random)
    {
        int block = int.Min(options.BlockLength ?? BlockLength(values), values.Length / 3);
        double[] drawn = new double[values.Length], statistics = new double[options.Resamples];
        double mean = 0;
        for (int round = 0; round < statistics.Length; round++)
        {
            for (int filled = 0; filled < drawn.Length; filled += block)
            {
                int start = random.NextInt(values.Length - block + 1);
                values.AsSpan(start, int.Min(block, drawn.Length - filled)).CopyTo(drawn.AsSpan(filled));
            }

            statistics[round] = statistic(drawn);
            mean += (statistics[round] - mean) / (round + 1);
        }

        if (!double.IsFinite(mean) || !double.IsFinite(statistic(values)))
            return null;
        double widening = Widening(values, block);
        return Array.ConvertAll(statistics, s => widening * (s - mean));
    }

    /// <summary>The deviation of the mean by an autoregression over that by blocks; for blocks of one value the factor of Bessel's correction.</summary>
    private static double Widening(double[] values, int block)
    {
        double blocks = (double)values.Length / block, correction = Math.Sqrt(blocks / (blocks - 1));
        if (block == 1)
            return correction;
        double[] means = new double[values.Length - block + 1];
        for (int start = 0; start < means.Length; start++)
            means[start] = Mean(values.AsSpan(start, block));
        double ofBlocks = block * Moments.Of(means).PopulationVariance ?? 0;
        double ofModel = (Moments.Of(values).PopulationVariance ?? 0) * SerialDependence.MeanInflation(values);
        double ratio = Math.Sqrt(ofModel / ofBlocks);
        return double.IsFinite(ratio) ? double.Clamp(ratio, correction, MostWidening) : correction;
    }

    private static double[] Kept(ReadOnlySpan<double> series)
    {
        double[] kept = new double[series.Length];
        int count = 0;
        foreach (double x in series)
        {
            kept[count] = x;
            count += double.IsNaN(x) ? 0 : 1;
        }

        return kept[..count];
    }

    /// <summary>Sample autocovariances with divisor n; null where they are not finite or the series is constant.</summary>
    private static double[]? Autocovariance(double[] values, int lags)
    {
        double mean = Mean(values);
        double[] covariance = new double[lags + 1];
        for (int lag = 0; lag <= lags; lag++)
        {
            double sum = 0;
            for (int i = lag; i < values.Length; i++)
                sum += (values[i] - mean) * (values[i - lag] - mean);
            covariance[lag] = sum / values.Length;
        }

        return covariance[0] > 0 && double.IsFinite(covariance[0]) ? covariance : null;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double x in values)
            sum += x;
        return sum / values.Length;
    }
}
