using System.Buffers;
using System.Numerics;

namespace Mlops.Statistics;

/// <summary>The largest gap of the distribution functions of two large unsorted samples, exact, and without sorting either whole.</summary>
internal static class UnsortedSamples
{
    private const int Probes = 2_048;

    /// <summary>
    /// max |i m - j n| as <see cref="EcdfMerge.Compare"/> has it, and the values that are not NaN; null when sorting is better: one value
    /// has at least the share <paramref name="heavy"/> of a sample, or most of a sample is in a few cells.
    /// </summary>
    public static (long Numerator, int N, int M)? Compare<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, double heavy)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int cells = int.Min(CellCounts.LargestCells, int.Min(x.Length, y.Length) / 4);
        foreach (CellRule rule in CellRule.For(Probe(x, y), cells))
        {
            using CellCounts first = CellCounts.Of(rule, cells, x);
            if (first.IsCrowded(ReferenceGrid.LargestShare))
                continue;
            using CellCounts second = CellCounts.Of(rule, cells, y);
            return second.IsCrowded(ReferenceGrid.LargestShare) ? null : Compare(x, first, y, second, heavy);
        }

        return null;
    }

    private static (long Numerator, int N, int M)? Compare<T>(ReadOnlySpan<T> x, CellCounts first, ReadOnlySpan<T> y, CellCounts second, double heavy)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int cells = first.Counts.Length, n = first.Total, m = second.Total;
        if (n == 0 || m == 0)
            return null;
        int firstCrowd = EcdfMerge.Times(n, heavy), secondCrowd = EcdfMerge.Times(m, heavy);
        int[] starts = ArrayPool<int>.Shared.Rent(cells + 1);
        byte[] open = ArrayPool<byte>.Shared.Rent(cells + 1);
        double[] kept = ArrayPool<double>.Shared.Rent(x.Length + y.Length);
        try
        {
            open[cells] = 0;
            CellGap.Accumulate(first.Counts, starts);
            CellGap gap = new(starts.AsSpan(0, cells + 1), second.Counts, m);
            long between = gap.BetweenCells();
            if (!gap.MarkOpen(between, firstCrowd, secondCrowd, open))
                return (between, n, m);
            ReadOnlySpan<double> left = first.Open(x, open, kept), right = second.Open(y, open, kept.AsSpan(x.Length));
            (long inside, bool isHeavy) = gap.InsideCells(open, left, right, firstCrowd, secondCrowd);
            return isHeavy ? null : (long.Max(between, inside), n, m);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(starts);
            ArrayPool<byte>.Shared.Return(open);
            ArrayPool<double>.Shared.Return(kept);
        }
    }

    /// <summary>Values of both samples at equal distances, sorted: where the cells are to be.</summary>
    public static double[] Probe<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double[] probes = new double[2 * Probes];
        for (int i = 0; i < Probes; i++)
        {
            probes[i] = double.CreateTruncating(x[(int)((long)i * x.Length / Probes)]);
            probes[Probes + i] = double.CreateTruncating(y[(int)((long)i * y.Length / Probes)]);
        }

        return SampleSort.Sorted(probes);
    }
}
