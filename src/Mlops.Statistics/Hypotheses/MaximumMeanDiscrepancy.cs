namespace Mlops.Statistics;

/// <summary>
/// The kernel two-sample test of Gretton, Borgwardt, Rasch, Schoelkopf and Smola (2012) for rows of several columns, embeddings for example:
/// sensitive to any difference of two laws, correlations between columns included.
/// </summary>
/// <remarks>
/// Samples are row-major: one row after another, each of <c>dimension</c> values. Rows with a value that is not finite are ignored. Columns of
/// different units should be scaled before, by the reference's deviations for example. The kernel is Gaussian.
/// </remarks>
public static class MaximumMeanDiscrepancy
{
    /// <summary>Rows in both samples together that <see cref="Test"/> takes: it holds their kernel matrix in single precision, 64 MB at most.</summary>
    public const int MaximumRows = 4_096;

    /// <summary>
    /// The unbiased estimate of the squared discrepancy (it may be negative) with its p-value by seeded relabelling of the rows,
    /// (b + 1) / (B + 1). O((n + m)^2 dimension) and O(min(n, m)^2) per relabelling.
    /// </summary>
    /// <param name="reference">Rows of the reference; at least two.</param>
    /// <param name="current">Rows of the current sample; at least two.</param>
    /// <param name="dimension">Values per row, at least 1.</param>
    /// <param name="options">Bandwidth, relabellings, seed.</param>
    /// <exception cref="ArgumentException">A sample is no whole number of rows, or both have more than <see cref="MaximumRows"/>; use <see cref="LinearTimeTest"/>.</exception>
    public static TwoSampleResult Test(
        ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int dimension, MaximumMeanDiscrepancyOptions? options = null)
    {
        options ??= MaximumMeanDiscrepancyOptions.Default;
        double[] pooled = Pool(reference, current, dimension, out int n, out int m);
        if (n + m > MaximumRows)
            throw new ArgumentException($"At most {MaximumRows} rows are taken in both samples; there are {n + m}. Use LinearTimeTest, or a sample of the rows.", nameof(current));
        if (NotComputable(n, m) is { } missing)
            return missing;
        if ((options.Bandwidth ?? GaussianKernel.MedianBandwidth(pooled, dimension)) is not double bandwidth)
            return TwoSampleResult.NotComputable(NotComputableReason.ConstantSample, n, m);

        (double ofReference, double ofCurrent, double between, float[] matrix) = Sums(pooled, dimension, n, m, bandwidth);
        double statistic = Unbiased(ofReference, ofCurrent, between, n, m);
        TwoSampleResult result = new() { Statistic = statistic, Effect = new EffectSize(statistic), ReferenceCount = n, CurrentCount = m };
        return result.WithP(Relabel(matrix, n, m, options), PValueKind.Permutation);
    }

    /// <summary>
    /// The same discrepancy estimated from disjoint pairs of rows in O((n + m) dimension) (Gretton et al. 2012, section 6), with a one-sided p-value
    /// from its normal limit. Much weaker per row than <see cref="Test"/>, for samples that are too large for it; rows must be in random order.
    /// </summary>
    /// <inheritdoc cref="Test" path="/param"/>
    /// <exception cref="ArgumentException">A sample is no whole number of rows.</exception>
    public static TwoSampleResult LinearTimeTest(
        ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int dimension, MaximumMeanDiscrepancyOptions? options = null)
    {
        options ??= MaximumMeanDiscrepancyOptions.Default;
        double[] pooled = Pool(reference, current, dimension, out int n, out int m);
        if (NotComputable(n, m) is { } missing)
            return missing;
        int pairs = int.Min(n, m) / 2;
        if (pairs < 2)
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, n, m);
        if ((options.Bandwidth ?? GaussianKernel.MedianBandwidth(pooled, dimension)) is not double bandwidth)
            return TwoSampleResult.NotComputable(NotComputableReason.ConstantSample, n, m);
        GaussianKernel kernel = new(bandwidth);
        double[] terms = new double[pairs];
        for (int i = 0; i < pairs; i++)
        {
            ReadOnlySpan<double> x = GaussianKernel.Row(pooled, dimension, 2 * i), otherX = GaussianKernel.Row(pooled, dimension, (2 * i) + 1);
            ReadOnlySpan<double> y = GaussianKernel.Row(pooled, dimension, n + (2 * i)), otherY = GaussianKernel.Row(pooled, dimension, n + (2 * i) + 1);
            terms[i] = kernel.Of(x, otherX) + kernel.Of(y, otherY) - kernel.Of(x, otherY) - kernel.Of(otherX, y);
        }

        Moments moments = Moments.Of(terms);
        TwoSampleResult result = new() { Statistic = moments.Mean, Effect = new EffectSize(moments.Mean!.Value), ReferenceCount = n, CurrentCount = m };
        if (!(moments.Variance > 0))
            return result with { Reason = NotComputableReason.ConstantSample };
        return result.WithLogP(NormalDistribution.LogSurvival(moments.Mean.Value / Math.Sqrt(moments.Variance.Value / pairs)), PValueKind.Asymptotic);
    }

    /// <summary>The plug-in estimate, which counts each row with itself and so is never negative.</summary>
    internal static double Biased(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int dimension, double bandwidth)
    {
        double[] pooled = Pool(reference, current, dimension, out int n, out int m);
        (double ofReference, double ofCurrent, double between, _) = Sums(pooled, dimension, n, m, bandwidth);
        return (((2 * ofReference) + n) / n / n) + (((2 * ofCurrent) + m) / m / m) - (2 * between / n / m);
    }

    private static double Unbiased(double ofReference, double ofCurrent, double between, double n, double m) =>
        (2 * ofReference / (n * (n - 1))) + (2 * ofCurrent / (m * (m - 1))) - (2 * between / (n * m));

    /// <summary>Sums over different pairs within and between the samples, and the whole matrix.</summary>
    private static (double OfReference, double OfCurrent, double Between, float[] Matrix) Sums(double[] pooled, int dimension, int n, int m, double bandwidth)
    {
        GaussianKernel kernel = new(bandwidth);
        int total = n + m;
        float[] matrix = new float[total * total];
        double ofReference = 0, ofCurrent = 0, between = 0;
        for (int i = 0; i < total; i++)
        {
            ReadOnlySpan<double> row = GaussianKernel.Row(pooled, dimension, i);
            double inside = 0, across = 0;
            for (int j = 0; j < i; j++)
            {
                double value = kernel.Of(row, GaussianKernel.Row(pooled, dimension, j));
                matrix[(i * total) + j] = matrix[(j * total) + i] = (float)value;
                if ((i < n) == (j < n))
                    inside += value;
                else
                    across += value;
            }

            between += across;
            if (i < n)
                ofReference += inside;
            else
                ofCurrent += inside;
        }

        return (ofReference, ofCurrent, between, matrix);
    }

    /// <summary>With the sums of all rows known, only the pairs within the smaller sample have to be added up for each relabelling.</summary>
    private static double Relabel(float[] matrix, int n, int m, MaximumMeanDiscrepancyOptions options)
    {
        int total = n + m, small = int.Min(n, m), large = total - small;
        double[] rowSums = new double[total];
        double all = 0;
        for (int i = 0; i < total; i++)
        {
            foreach (float value in matrix.AsSpan(i * total, total))
                rowSums[i] += value;
            all += rowSums[i];
        }

        // The smaller sample's rows come first in the order; relabelling shuffles it.
        int[] order = new int[total];
        for (int i = 0; i < total; i++)
            order[i] = n <= m ? i : (i + n) % total;
        double observed = Statistic();
        SplitMix64 random = new(options.Seed);
        int extreme = 0;
        for (int round = 0; round < options.Permutations; round++)
        {
            random.Shuffle(order.AsSpan());
            extreme += Statistic() >= observed - (1e-12 * Math.Abs(observed)) ? 1 : 0;
        }

        return (extreme + 1.0) / (options.Permutations + 1.0);

        double Statistic()
        {
            ReadOnlySpan<int> chosen = order.AsSpan(0, small);
            double inside = 0, rows = 0;
            for (int i = 0; i < chosen.Length; i++)
            {
                ReadOnlySpan<float> row = matrix.AsSpan(chosen[i] * total, total);
                double sum = 0;
                for (int j = 0; j < i; j++)
                    sum += row[chosen[j]];
                inside += sum;
                rows += rowSums[chosen[i]];
            }

            double between = rows - (2 * inside);
            double outside = (0.5 * all) - inside - between;
            return Unbiased(inside, outside, between, small, large);
        }
    }

    private static TwoSampleResult? NotComputable(int n, int m) => (n, m) switch
    {
        (0, _) or (_, 0) => TwoSampleResult.NotComputable(NotComputableReason.EmptySample, n, m),
        (1, _) or (_, 1) => TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, n, m),
        _ => null,
    };

    /// <summary>All finite rows, the reference's first.</summary>
    private static double[] Pool(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int dimension, out int n, out int m)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        List<double> pooled = new(reference.Length + current.Length);
        n = Take(reference, dimension, pooled, nameof(reference));
        m = Take(current, dimension, pooled, nameof(current));
        return [.. pooled];
    }

    private static int Take(ReadOnlySpan<double> rows, int dimension, List<double> pooled, string name)
    {
        if (rows.Length % dimension != 0)
            throw new ArgumentException($"{rows.Length} values are no whole number of rows of {dimension}.", name);
        int taken = 0;
        for (int i = 0; i < rows.Length; i += dimension)
        {
            ReadOnlySpan<double> row = rows.Slice(i, dimension);
            bool finite = true;
            foreach (double value in row)
                finite &= double.IsFinite(value);
            if (!finite)
                continue;
            pooled.AddRange(row);
            taken++;
        }

        return taken;
    }
}
