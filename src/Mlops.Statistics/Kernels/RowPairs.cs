using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>Takes the squared distances of one row from sixteen others.</summary>
internal interface IPairSink<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <param name="row">The row, larger than the others'.</param>
    /// <param name="first">The first of the sixteen others, a multiple of sixteen.</param>
    /// <param name="squared">Squared distances.</param>
    /// <param name="valid">How many lanes hold a row before <paramref name="row"/>; at most sixteen.</param>
    void Add(int row, int first, TLanes squared, int valid);
}

/// <summary>
/// Squared Euclidean distances of all pairs of rows, four rows against sixteen at a time. Differences are squared and added by column, in order, so
/// nothing cancels and each distance has the same bits at every vector width.
/// </summary>
internal static class RowPairs
{
    private const int Together = 4;

    // Loaded from position 16 - valid, all bits are set in the first lanes only.
    private static readonly double[] Masks =
        [.. Enumerable.Repeat(BitConverter.Int64BitsToDouble(-1), LaneTree.Count), .. new double[LaneTree.Count]];

    public static void Visit<TLanes, TSink>(ReadOnlySpan<double> rows, int dimension, ref TSink sink)
        where TLanes : struct, ILanes<TLanes>
        where TSink : struct, IPairSink<TLanes>
    {
        int count = rows.Length / dimension;
        double[] block = new double[LaneTree.Count * dimension];
        for (int first = 0; first < count; first += LaneTree.Count)
        {
            Transpose(rows, dimension, first, int.Min(LaneTree.Count, count - first), block);
            int row = first;
            for (; row <= count - Together; row += Together)
            {
                Distances(ref block[0], ref MemoryMarshal.GetReference(rows[(row * dimension)..]), dimension, out TLanes a, out TLanes b, out TLanes c, out TLanes d);
                sink.Add(row, first, a, int.Min(LaneTree.Count, row - first));
                sink.Add(row + 1, first, b, int.Min(LaneTree.Count, row + 1 - first));
                sink.Add(row + 2, first, c, int.Min(LaneTree.Count, row + 2 - first));
                sink.Add(row + 3, first, d, int.Min(LaneTree.Count, row + 3 - first));
            }

            for (; row < count; row++)
                sink.Add(row, first, Distance<TLanes>(ref block[0], rows.Slice(row * dimension, dimension)), int.Min(LaneTree.Count, row - first));
        }
    }

    /// <summary>All bits set in the first so many lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Mask<TLanes>(int valid)
        where TLanes : struct, ILanes<TLanes> => TLanes.Load(ref Masks[LaneTree.Count - valid]);

    /// <summary>Sixteen rows, column by column; rows that are missing are left from before and never used.</summary>
    private static void Transpose(ReadOnlySpan<double> rows, int dimension, int first, int count, double[] block)
    {
        for (int lane = 0; lane < count; lane++)
        {
            ReadOnlySpan<double> row = rows.Slice((first + lane) * dimension, dimension);
            for (int column = 0; column < row.Length; column++)
                block[(column * LaneTree.Count) + lane] = row[column];
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Distances<TLanes>(ref double block, ref double rows, int dimension, out TLanes a, out TLanes b, out TLanes c, out TLanes d)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes s0 = TLanes.Create(0), s1 = s0, s2 = s0, s3 = s0;
        ref double second = ref Unsafe.Add(ref rows, dimension);
        ref double third = ref Unsafe.Add(ref second, dimension);
        ref double fourth = ref Unsafe.Add(ref third, dimension);
        for (int column = 0; column < dimension; column++)
        {
            TLanes others = TLanes.Load(ref Unsafe.Add(ref block, column * LaneTree.Count));
            TLanes gap = others - TLanes.Create(Unsafe.Add(ref rows, column));
            s0 = TLanes.MultiplyAdd(gap, gap, s0);
            gap = others - TLanes.Create(Unsafe.Add(ref second, column));
            s1 = TLanes.MultiplyAdd(gap, gap, s1);
            gap = others - TLanes.Create(Unsafe.Add(ref third, column));
            s2 = TLanes.MultiplyAdd(gap, gap, s2);
            gap = others - TLanes.Create(Unsafe.Add(ref fourth, column));
            s3 = TLanes.MultiplyAdd(gap, gap, s3);
        }

        (a, b, c, d) = (s0, s1, s2, s3);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLanes Distance<TLanes>(ref double block, ReadOnlySpan<double> row)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes sum = TLanes.Create(0);
        for (int column = 0; column < row.Length; column++)
        {
            TLanes gap = TLanes.Load(ref Unsafe.Add(ref block, column * LaneTree.Count)) - TLanes.Create(row[column]);
            sum = TLanes.MultiplyAdd(gap, gap, sum);
        }

        return sum;
    }
}
