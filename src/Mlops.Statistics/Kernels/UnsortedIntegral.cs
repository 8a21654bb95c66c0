using System.Buffers;
using System.Numerics;

namespace Mlops.Statistics;

/// <summary>The integral of |F - G| of two large unsorted samples, without sorting either whole.</summary>
/// <remarks>
/// Where F - G keeps its sign throughout a cell, whatever the order of the values in it, its integral there follows from their number and their
/// sum. Only the values of the other cells, a few per cent, are sorted and walked through.
/// </remarks>
internal static class UnsortedIntegral
{
    /// <summary>Below, sorting is as fast.</summary>
    public const int SmallestSample = 16_384;

    private const int LargestCells = 16_384;
    private const int ValuesPerCell = 16;

    /// <summary>Null when sorting is better: a sample is small, its values are in few cells, infinite or very large.</summary>
    public static double? Compute<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int shorter = int.Min(x.Length, y.Length), cells = int.Min(LargestCells, shorter / ValuesPerCell);
        if (shorter < SmallestSample || CellRule.For(UnsortedSamples.Probe(x, y), cells) is not [CellRule rule, ..] || !double.IsFinite(rule.Scale))
            return null;
        using CellCounts first = CellCounts.Of(rule, cells, x);
        if (first.IsCrowded(ReferenceGrid.LargestShare))
            return null;
        using CellCounts second = CellCounts.Of(rule, cells, y);
        if (second.IsCrowded(ReferenceGrid.LargestShare) || first.Total == 0 || second.Total == 0)
            return null;
        double[] offsets = ArrayPool<double>.Shared.Rent(cells + 1);
        byte[] open = ArrayPool<byte>.Shared.Rent(cells + 1);
        double[] kept = ArrayPool<double>.Shared.Rent(x.Length + y.Length);
        try
        {
            offsets.AsSpan(0, cells + 1).Clear();
            first.AddOffsets(rule, x, second.Total, offsets);
            second.AddOffsets(rule, y, -(double)first.Total, offsets);
            MarkOpen(first, second, open);
            ReadOnlySpan<double> left = first.Open(x, open, kept), right = second.Open(y, open, kept.AsSpan(x.Length));
            double integral = Sum(rule, first, left, second, right, open, offsets) / rule.Scale / first.Total / second.Total;
            return double.IsFinite(integral) ? integral : null;
        }
        finally
        {
            ArrayPool<double>.Shared.Return(offsets);
            ArrayPool<byte>.Shared.Return(open);
            ArrayPool<double>.Shared.Return(kept);
        }
    }

    /// <summary>Marks the cells in which the sign may change. In the others the integral is that of the signed gap, however far out their values lie.</summary>
    private static void MarkOpen(CellCounts first, CellCounts second, Span<byte> open)
    {
        ReadOnlySpan<int> x = first.Counts, y = second.Counts;
        long n = first.Total, m = second.Total, difference = 0;
        for (int c = 0; c < x.Length; c++)
        {
            long up = x[c] * m, down = y[c] * n;
            open[c] = (byte)(difference - down < 0 && difference + up > 0 ? 1 : 0);
            difference += up - down;
        }

        open[x.Length] = 0;
    }

    private static double Sum(
        CellRule rule, CellCounts first, ReadOnlySpan<double> left, CellCounts second, ReadOnlySpan<double> right, ReadOnlySpan<byte> open, ReadOnlySpan<double> offsets)
    {
        ReadOnlySpan<int> x = first.Counts, y = second.Counts;
        long n = first.Total, m = second.Total, difference = 0;
        CompensatedSum sum = default;
        for (int c = 0; c < x.Length; c++)
        {
            long up = x[c] * m, down = y[c] * n;
            if (open[c] == 0)
            {
                sum.Add(Math.Abs(difference + (0.5 * (up - down)) - offsets[c]));
            }
            else
            {
                sum.Add(Walk(rule, left[..x[c]], m, right[..y[c]], n, difference, c));
                left = left[x[c]..];
                right = right[y[c]..];
            }

            difference += up - down;
        }

        return sum.Value;
    }

    private static double Walk(CellRule rule, ReadOnlySpan<double> x, long m, ReadOnlySpan<double> y, long n, long difference, int cell)
    {
        double sum = 0, previous = cell - 0.5;
        for (int i = 0, j = 0; i < x.Length || j < y.Length;)
        {
            bool fromX = j == y.Length || (i < x.Length && x[i] <= y[j]);
            double next = rule.Position(fromX ? x[i++] : y[j++]);
            if (difference != 0)
                sum += (next - previous) * Math.Abs((double)difference);
            previous = next;
            difference += fromX ? m : -n;
        }

        return difference == 0 ? sum : sum + ((cell + 0.5 - previous) * Math.Abs((double)difference));
    }
}
