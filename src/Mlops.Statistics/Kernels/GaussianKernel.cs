using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlops.Statistics;

/// <summary>exp(-|a - b|^2 / (2 sigma^2)) of rows of equal length. Four fixed accumulators, so the bits do not depend on the processor.</summary>
internal readonly struct GaussianKernel(double bandwidth)
{
    private readonly double _scale = -0.5 / (bandwidth * bandwidth);

    public double Of(ReadOnlySpan<double> a, ReadOnlySpan<double> b) => Math.Exp(_scale * SquaredDistance(a, b));

    public static double SquaredDistance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector256<double> sums = Vector256<double>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector256<double>.Count; i += Vector256<double>.Count)
        {
            Vector256<double> gap = Vector256.Create(a[i..]) - Vector256.Create(b[i..]);
            sums += gap * gap;
        }

        double sum = sums[0] + sums[1] + (sums[2] + sums[3]);
        for (; i < a.Length; i++)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }

    /// <summary>
    /// The bandwidth by the median heuristic (Gretton et al. 2012): half the median squared distance between different rows is its
    /// square. Of at most a thousand rows, evenly taken. Null when more than half of the pairs are equal and so are all others.
    /// </summary>
    public static double? MedianBandwidth(ReadOnlySpan<double> rows, int dimension)
    {
        int count = rows.Length / dimension, used = int.Min(count, 1_000);
        List<double> distances = new(used * (used - 1) / 2);
        for (int i = 0; i < used; i++)
        {
            ReadOnlySpan<double> a = Row(rows, dimension, (int)((long)i * count / used));
            for (int j = 0; j < i; j++)
                distances.Add(SquaredDistance(a, Row(rows, dimension, (int)((long)j * count / used))));
        }

        Span<double> sorted = CollectionsMarshal.AsSpan(distances);
        sorted.Sort();
        double median = sorted.IsEmpty ? 0 : 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
        if (median == 0 && !sorted.IsEmpty)
        {
            // Most rows are equal: the scale is that of those which differ.
            ReadOnlySpan<double> positive = sorted[sorted.LastIndexOf(0.0)..];
            median = positive.Length > 1 ? positive[1 + ((positive.Length - 2) / 2)] : 0;
        }

        return median > 0 && double.IsFinite(median) ? Math.Sqrt(0.5 * median) : null;
    }

    public static ReadOnlySpan<double> Row(ReadOnlySpan<double> rows, int dimension, int index) => rows.Slice(index * dimension, dimension);
}
