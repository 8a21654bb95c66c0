namespace Mlops.Statistics;

/// <summary>
/// The kernel two-sample test of Gretton, Borgwardt, Rasch, Schoelkopf and Smola (2012) for rows of several columns, embeddings for example:
/// sensitive to any difference of two laws, correlations between columns included.
/// </summary>
/// <remarks>
/// Samples are row-major: one row after another, each of <c>columns</c> values. Rows with a value that is not finite are ignored. Columns of
/// different units should be scaled before, by the reference's deviations for example. The kernel is Gaussian.
/// </remarks>
public static partial class MaximumMeanDiscrepancy
{
    /// <summary>Rows in both samples together that <see cref="Test"/> takes: it holds their kernel matrix in single precision, 64 MB at most.</summary>
    public const int MaximumRows = 4_096;

    /// <summary>
    /// The unbiased estimate of the squared discrepancy (it may be negative) with its p-value by seeded relabelling of the rows,
    /// (b + 1) / (B + 1). O((n + m)^2 columns), and O((n + m)^2) for sixteen relabellings, which sum a stored matrix.
    /// </summary>
    /// <param name="reference">Rows of the reference; at least two.</param>
    /// <param name="current">Rows of the current sample; at least two.</param>
    /// <param name="columns">Values per row, at least 1.</param>
    /// <param name="options">Bandwidth, relabellings, seed.</param>
    /// <exception cref="ArgumentException">A sample is no whole number of rows, or both have more than <see cref="MaximumRows"/>; use <see cref="LinearTimeTest"/>.</exception>
    public static TwoSampleResult Test(
        ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int columns, MaximumMeanDiscrepancyOptions? options = null)
    {
        options ??= MaximumMeanDiscrepancyOptions.Default;
        (double[] pooled, _, int n, int m) = SampleRows.Pool(reference, current, columns);
        if (n + m > MaximumRows)
            throw new ArgumentException($"At most {MaximumRows} rows are taken in both samples; there are {n + m}. Use LinearTimeTest, or a sample of the rows.", nameof(current));
        if (NotComputable(n, m) is { } missing)
            return missing;
        if ((options.Bandwidth ?? GaussianKernel.MedianBandwidth(pooled, columns)) is not double bandwidth)
            return TwoSampleResult.NotComputable(WhyNoBandwidth(pooled), n, m);

        GaussianSums sums = GaussianSums.Of(pooled, columns, n, bandwidth, keepMatrix: true);
        double statistic = Unbiased(sums.OfReference, sums.OfCurrent, sums.Between, n, m);
        TwoSampleResult result = new() { Statistic = statistic, Effect = new EffectSize(statistic), ReferenceCount = n, CurrentCount = m };
        return result.WithP(Relabel(sums.Matrix, n, m, options), PValueKind.Permutation);
    }

    /// <summary>The statistic of <see cref="Test"/> alone, a score to plot, for a small part of its time; null where it is undefined.</summary>
    /// <inheritdoc cref="Test" path="/param"/>
    /// <exception cref="ArgumentException">A sample is no whole number of rows.</exception>
    public static double? Estimate(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int columns, MaximumMeanDiscrepancyOptions? options = null)
    {
        (double[] pooled, _, int n, int m) = SampleRows.Pool(reference, current, columns);
        if (NotComputable(n, m) is not null || (options?.Bandwidth ?? GaussianKernel.MedianBandwidth(pooled, columns)) is not double bandwidth)
            return null;
        GaussianSums sums = GaussianSums.Of(pooled, columns, n, bandwidth, keepMatrix: false);
        return Unbiased(sums.OfReference, sums.OfCurrent, sums.Between, n, m);
    }

    /// <summary>
    /// The same discrepancy estimated from disjoint pairs of rows in O((n + m) columns) (Gretton et al. 2012, section 6), with a one-sided p-value
    /// from its normal limit. Much weaker per row than <see cref="Test"/>, for samples that are too large for it; rows must be in random order. The effect has the 95 % interval of that limit.
    /// </summary>
    /// <inheritdoc cref="Test" path="/param"/>
    /// <exception cref="ArgumentException">A sample is no whole number of rows.</exception>
    public static TwoSampleResult LinearTimeTest(
        ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int columns, MaximumMeanDiscrepancyOptions? options = null)
    {
        options ??= MaximumMeanDiscrepancyOptions.Default;
        (double[] pooled, _, int n, int m) = SampleRows.Pool(reference, current, columns);
        if (NotComputable(n, m) is { } missing)
            return missing;
        int pairs = int.Min(n, m) / 2;
        if (pairs < 2)
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, n, m);
        if ((options.Bandwidth ?? GaussianKernel.MedianBandwidth(pooled, columns)) is not double bandwidth)
            return TwoSampleResult.NotComputable(WhyNoBandwidth(pooled), n, m);
        GaussianKernel kernel = new(bandwidth);
        double[] terms = new double[pairs];
        for (int i = 0; i < pairs; i++)
        {
            ReadOnlySpan<double> x = GaussianKernel.Row(pooled, columns, 2 * i), otherX = GaussianKernel.Row(pooled, columns, (2 * i) + 1);
            ReadOnlySpan<double> y = GaussianKernel.Row(pooled, columns, n + (2 * i)), otherY = GaussianKernel.Row(pooled, columns, n + (2 * i) + 1);
            terms[i] = kernel.Of(x, otherX) + kernel.Of(y, otherY) - kernel.Of(x, otherY) - kernel.Of(otherX, y);
        }

        Moments moments = Moments.Of(terms);
        double estimate = moments.Mean!.Value, error = Math.Sqrt(moments.Variance!.Value / pairs), half = NormalDistribution.TwoSided95 * error;
        TwoSampleResult result = new()
        {
            Statistic = estimate,
            Effect = new EffectSize(estimate, estimate - half, estimate + half),
            ReferenceCount = n,
            CurrentCount = m,
        };
        if (!(error > 0))
            return result with { Reason = NotComputableReason.ConstantSample };
        return result.WithLogP(NormalDistribution.LogSurvival(estimate / error), PValueKind.Asymptotic);
    }

    /// <summary>The plug-in estimate, which counts each row with itself and so is never negative.</summary>
    internal static double Biased(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int columns, double bandwidth)
    {
        (double[] pooled, _, int n, int m) = SampleRows.Pool(reference, current, columns);
        GaussianSums sums = GaussianSums.Of(pooled, columns, n, bandwidth, keepMatrix: false);
        return (((2 * sums.OfReference) + n) / n / n) + (((2 * sums.OfCurrent) + m) / m / m) - (2 * sums.Between / n / m);
    }

    private static double Unbiased(double ofReference, double ofCurrent, double between, double n, double m) =>
        (2 * ofReference / (n * (n - 1))) + (2 * ofCurrent / (m * (m - 1))) - (2 * between / (n * m));

    /// <summary>Labellings are drawn one after another and summed sixteen at a time; the observed one is the first.</summary>
    private static double Relabel(float[] matrix, int n, int m, MaximumMeanDiscrepancyOptions options)
    {
        int total = n + m, small = int.Min(n, m), large = total - small, extreme = 0;
        double all = 0, reached = double.NegativeInfinity;
        int stride = GaussianSums.Stride(total);
        for (int i = 1; i < total; i++)
        {
            double row = 0;
            foreach (float value in matrix.AsSpan(i * stride, i))
                row += value;
            all += row;
        }

        // The smaller sample's rows come first in the order; relabelling shuffles it.
        int[] order = new int[total];
        for (int i = 0; i < total; i++)
            order[i] = n <= m ? i : (i + n) % total;
        SplitMix64 random = new(options.Seed);
        double[] labels = new double[total * LaneTree.Count];
        Span<double> inside = stackalloc double[LaneTree.Count], between = stackalloc double[LaneTree.Count];
        for (int round = 0; round <= options.Rounds;)
        {
            int lanes = int.Min(LaneTree.Count, options.Rounds + 1 - round);
            Array.Clear(labels);
            for (int lane = 0; lane < lanes; lane++, round++)
            {
                if (round > 0)
                    random.Shuffle(order.AsSpan());
                foreach (int row in order.AsSpan(0, small))
                    labels[(row * LaneTree.Count) + lane] = 1;
            }

            GaussianRelabelling.Sum(matrix, labels, inside, between);
            for (int lane = 0; lane < lanes; lane++)
            {
                double statistic = Unbiased(inside[lane], all - inside[lane] - between[lane], between[lane], small, large);
                if (double.IsNegativeInfinity(reached))
                    reached = statistic - (1e-12 * Math.Abs(statistic));
                else
                    extreme += statistic >= reached ? 1 : 0;
            }
        }

        return (extreme + 1.0) / (options.Rounds + 1.0);
    }

    private static TwoSampleResult? NotComputable(int n, int m) => (n, m) switch
    {
        (0, _) or (_, 0) => TwoSampleResult.NotComputable(NotComputableReason.EmptySample, n, m),
        (1, _) or (_, 1) => TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, n, m),
        _ => null,
    };

    private static NotComputableReason WhyNoBandwidth(double[] pooled) =>
        pooled.Max() - pooled.Min() > 1e100 ? NotComputableReason.NumericOverflow : NotComputableReason.ConstantSample;
}
