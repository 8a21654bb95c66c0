using System.Runtime.Intrinsics;

namespace Mlops.Statistics;

/// <content>The discrepancy of random features.</content>
public static partial class MaximumMeanDiscrepancy
{
    // Groups of rows in both samples together, which are relabelled as wholes.
    private const int MostGroups = 2_048;

    /// <summary>
    /// The discrepancy under a random approximation of the kernel (Rahimi and Recht 2007): rows become cosines and sines of
    /// random projections, whose means are compared. O((n + m) features columns) for any number of rows in any order; far
    /// stronger than <see cref="LinearTimeTest"/>.
    /// </summary>
    /// <remarks>
    /// The p-value is by seeded relabelling, exact whatever the features. Beyond 2 048 rows in both samples, equal groups of a sample's consecutive rows
    /// are relabelled as wholes; up to a group's size minus one rows of each sample are left out. The same seed draws the same features, so statistics of
    /// different windows compare when <see cref="MaximumMeanDiscrepancyOptions.Bandwidth"/> is given.
    /// </remarks>
    /// <inheritdoc cref="Test" path="/param"/>
    /// <exception cref="ArgumentException">A sample is no whole number of rows.</exception>
    public static TwoSampleResult RandomFeatureTest(
        ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int columns, MaximumMeanDiscrepancyOptions? options = null)
    {
        options ??= MaximumMeanDiscrepancyOptions.Default;
        (double[] pooled, _, int n, int m) = SampleRows.Pool(reference, current, columns);
        if (NotComputable(n, m) is { } missing)
            return missing;
        if ((options.Bandwidth ?? GaussianKernel.MedianBandwidth(pooled, columns)) is not double bandwidth)
            return TwoSampleResult.NotComputable(WhyNoBandwidth(pooled), n, m);
        SplitMix64 random = new(options.Seed);
        double[] frequencies = new double[options.Features / 2 * columns];
        foreach (ref double frequency in frequencies.AsSpan())
            frequency = random.NextNormal() / bandwidth;

        int size = int.Max(1, int.Min((n + m + MostGroups - 1) / MostGroups, int.Min(n, m)));
        int first = n / size, second = m / size;
        double[] groups = new double[(first + second) * options.Features];
        AddFeatures(pooled.AsSpan(0, first * size * columns), columns, frequencies, size, groups);
        AddFeatures(pooled.AsSpan(n * columns, second * size * columns), columns, frequencies, size, groups.AsSpan(first * options.Features));
        (double statistic, double p) = Relabel(groups, first, second, size, options, ref random);
        TwoSampleResult result = new() { Statistic = statistic, Effect = new EffectSize(statistic), ReferenceCount = n, CurrentCount = m };
        return result.WithP(p, PValueKind.Permutation);
    }

    /// <summary>Sums of features over groups of rows. Cosine and sine of one frequency lie apart by half the features; their squares add up to 1 / frequencies.</summary>
    private static void AddFeatures(ReadOnlySpan<double> rows, int columns, double[] frequencies, int size, Span<double> groups)
    {
        int half = frequencies.Length / columns, count = rows.Length / columns;
        double scale = 1 / Math.Sqrt(half);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> row = GaussianKernel.Row(rows, columns, i);
            Span<double> sums = groups.Slice(i / size * 2 * half, 2 * half);
            for (int f = 0; f < half; f++)
            {
                (double sine, double cosine) = Math.SinCos(Dot(row, GaussianKernel.Row(frequencies, columns, f)));
                sums[f] += scale * cosine;
                sums[half + f] += scale * sine;
            }
        }
    }

    /// <summary>Four fixed accumulators, as in <see cref="GaussianKernel"/>.</summary>
    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector256<double> sums = Vector256<double>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector256<double>.Count; i += Vector256<double>.Count)
            sums += Vector256.Create(a[i..]) * Vector256.Create(b[i..]);
        double sum = sums[0] + sums[1] + (sums[2] + sums[3]);
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private static (double Statistic, double P) Relabel(double[] groups, int first, int second, int size, MaximumMeanDiscrepancyOptions options, ref SplitMix64 random)
    {
        int width = options.Features, extreme = 0, small = int.Min(first, second);
        double[] total = new double[width], chosen = new double[width];
        for (int i = 0; i < groups.Length; i++)
            total[i % width] += groups[i];

        // The smaller sample's groups come first in the order; relabelling shuffles it.
        int[] order = [.. Enumerable.Range(0, first + second).Select(i => first <= second ? i : (i + first) % (first + second))];
        double observed = Statistic(), reached = observed - (1e-12 * Math.Abs(observed));
        for (int round = 0; round < options.Rounds; round++)
        {
            random.Shuffle(order.AsSpan());
            extreme += Statistic() >= reached ? 1 : 0;
        }

        return (observed, (extreme + 1.0) / (options.Rounds + 1.0));

        double Statistic()
        {
            Array.Clear(chosen);
            for (int i = 0; i < small; i++)
                Add(groups.AsSpan(order[i] * width, width), chosen);
            double inside = 0, outside = 0, between = 0;
            for (int f = 0; f < width; f++)
            {
                double other = total[f] - chosen[f];
                inside += chosen[f] * chosen[f];
                outside += other * other;
                between += chosen[f] * other;
            }

            // Each row with itself has kernel 1.
            double n = (double)small * size, m = (double)(first + second - small) * size;
            return Unbiased(0.5 * (inside - n), 0.5 * (outside - m), between, n, m);
        }
    }

    private static void Add(ReadOnlySpan<double> source, Span<double> sums)
    {
        int i = 0;
        for (; i <= sums.Length - Vector256<double>.Count; i += Vector256<double>.Count)
            (Vector256.Create<double>(sums[i..]) + Vector256.Create(source[i..])).CopyTo(sums[i..]);
        for (; i < sums.Length; i++)
            sums[i] += source[i];
    }
}
