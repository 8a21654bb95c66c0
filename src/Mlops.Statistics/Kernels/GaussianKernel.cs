using System.Runtime.Intrinsics;

namespace Mlops.Statistics;

/// <summary>exp(-|a - b|^2 / (2 sigma^2)) of rows of equal length. Four fixed accumulators, so the bits do not depend on the processor.</summary>
internal readonly struct GaussianKernel(double bandwidth)
{
    private const int MedianRows = 512;

    private readonly double _scale = double.Max(-0.5 / (bandwidth * bandwidth), -double.MaxValue);

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
    /// square. Of at most 512 rows, evenly taken. Null when more than half of the pairs are equal and so are all others.
    /// </summary>
    public static double? MedianBandwidth(ReadOnlySpan<double> rows, int dimension)
    {
        int count = rows.Length / dimension, used = int.Min(count, MedianRows);
        double[] taken = new double[used * dimension];
        for (int i = 0; i < used; i++)
            Row(rows, dimension, (int)((long)i * count / used)).CopyTo(taken.AsSpan(i * dimension));
        double[] sorted = new double[used * (used - 1) / 2];
        Distances(taken, dimension, sorted);
        RadixSort.Sort(sorted.AsSpan());
        double median = sorted.Length == 0 ? 0 : 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
        if (median == 0 && sorted.Length > 0)
        {
            // Most rows are equal: the scale is that of those which differ.
            ReadOnlySpan<double> positive = sorted.AsSpan(Array.LastIndexOf(sorted, 0.0));
            median = positive.Length > 1 ? positive[1 + ((positive.Length - 2) / 2)] : 0;
        }

        return median > 0 && double.IsFinite(median) ? Math.Sqrt(0.5 * median) : null;
    }

    private static void Distances(double[] rows, int dimension, double[] distances)
    {
        if (VectorWidth.Is512)
            Distances<Lanes512>(rows, dimension, distances);
        else if (VectorWidth.Is256)
            Distances<Lanes256>(rows, dimension, distances);
        else
            Distances<Lanes128>(rows, dimension, distances);
    }

    internal static void Distances<TLanes>(double[] rows, int dimension, double[] distances)
        where TLanes : struct, ILanes<TLanes>
    {
        Collector<TLanes> collector = new(distances);
        RowPairs.Visit<TLanes, Collector<TLanes>>(rows, dimension, ref collector);
    }

    public static ReadOnlySpan<double> Row(ReadOnlySpan<double> rows, int dimension, int index) => rows.Slice(index * dimension, dimension);

    /// <summary>Row i's distances from the rows before it lie one after another from i (i - 1) / 2 on.</summary>
    private readonly struct Collector<TLanes>(double[] distances) : IPairSink<TLanes>
        where TLanes : struct, ILanes<TLanes>
    {
        public void Add(int row, int first, TLanes squared, int valid)
        {
            Span<double> lanes = stackalloc double[LaneTree.Count];
            squared.Store(lanes);
            lanes[..valid].CopyTo(distances.AsSpan((row * (row - 1) / 2) + first));
        }
    }
}
