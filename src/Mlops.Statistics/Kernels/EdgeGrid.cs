using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// Finds the bin of a value in constant time: cells of equal width, so narrow that at most one edge lies in each, know their bin, and
/// where an edge lies inside, one comparison with it settles the rest. Immutable.
/// </summary>
internal sealed class EdgeGrid<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
{
    /// <summary>Fewer edges are swept at least as fast; floats are swept at twice the speed.</summary>
    public static int SmallestEdges => typeof(T) == typeof(float) ? 16 : 8;

    private const int Block = 1_024;

    // So many that few values need the comparison; their table stays in the first-level cache.
    private const int CellsPerEdge = 256;
    private const int LargestCells = 16_384;
    private const int Margin = 2;

    // Marks a cell with an edge inside; the other bits are the bin below that edge.
    private const ushort EdgeInside = 0x8000;

    // Neighbours are counted in tables of their own, since an increment waits for the one before it in the same place.
    private const int Tables = 4;
    private const int LargestTable = 256;

    // A sum with a small number rounds it to an integer, which the low bits then hold.
    private static readonly T RoundsToInteger = T.CreateChecked(typeof(T) == typeof(float) ? 1L << 23 : 1L << 52);

    private readonly T _low;
    private readonly T _scale;
    private readonly ushort[] _bins;

    private EdgeGrid(T low, T scale, int cells)
    {
        _low = low;
        _scale = scale;
        _bins = new ushort[cells];
    }

    /// <summary>The grid of ascending edges, or null when they are so uneven that cells would be too many.</summary>
    public static EdgeGrid<T>? Of(ReadOnlySpan<T> edges)
    {
        T width = edges[^1] - edges[0];
        int least = int.Min(LargestCells / 2, (int)BitOperations.RoundUpToPowerOf2((uint)(CellsPerEdge * edges.Length)));
        for (int cells = least; cells <= LargestCells && T.IsFinite(width); cells *= 2)
        {
            // The outermost cells hold no edge, so what lies far outside needs no comparison.
            T scale = T.CreateChecked(cells - (2 * Margin)) / width, low = edges[0] - (T.CreateChecked(Margin) / scale);
            EdgeGrid<T> grid = new(low, scale, cells);
            if (T.IsFinite(scale) && T.IsFinite(low) && grid.Place(edges))
                return grid;
        }

        return null;
    }

    /// <summary>As <see cref="BinCounter.Count(ReadOnlySpan{double}, ReadOnlySpan{double}, Span{long}, ref SpecialCounts)"/>, with the edges this grid was made of.</summary>
    public void Count(ReadOnlySpan<T> values, ReadOnlySpan<T> edges, Span<long> counts, ref SpecialCounts special)
    {
        int apart = counts.Length <= LargestTable && values.Length >= 4 * Tables * counts.Length ? counts.Length : 0;
        Span<long> all = stackalloc long[Tables * LargestTable];
        Span<long> tables = apart > 0 ? all[..(Tables * apart)] : counts;
        tables[..(Tables * apart)].Clear();
        Span<T> located = stackalloc T[Block];
        for (int start = 0; start < values.Length; start += Block)
        {
            ReadOnlySpan<T> block = values.Slice(start, int.Min(Block, values.Length - start));
            if (BinCounter.CountFinite(block) < block.Length)
            {
                BinCounter.Search(block, edges, counts, ref special);
                continue;
            }

            Locate(block, located, _low, _scale, _bins.Length);
            Tally(block, located, edges, _bins, tables, apart);
        }

        for (int i = 0; i < Tables * apart; i++)
            counts[i % apart] += tables[i];
    }

    private static void Tally(ReadOnlySpan<T> block, ReadOnlySpan<T> located, ReadOnlySpan<T> edges, ushort[] bins, Span<long> tables, int apart)
    {
        ref T value = ref MemoryMarshal.GetReference(block);
        ref T at = ref MemoryMarshal.GetReference(located);
        ref T edge = ref MemoryMarshal.GetReference(edges);
        ref ushort bin = ref MemoryMarshal.GetArrayDataReference(bins);
        ref long first = ref MemoryMarshal.GetReference(tables);
        ref long second = ref Unsafe.Add(ref first, apart), third = ref Unsafe.Add(ref second, apart), fourth = ref Unsafe.Add(ref third, apart);
        nint i = 0;
        for (; i <= block.Length - Tables; i += Tables)
        {
            nint a = Unsafe.Add(ref bin, CellOf(Unsafe.Add(ref at, i))), b = Unsafe.Add(ref bin, CellOf(Unsafe.Add(ref at, i + 1)));
            nint c = Unsafe.Add(ref bin, CellOf(Unsafe.Add(ref at, i + 2))), d = Unsafe.Add(ref bin, CellOf(Unsafe.Add(ref at, i + 3)));
            if (((a | b | c | d) & EdgeInside) != 0)
            {
                a = Settle(a, Unsafe.Add(ref value, i), ref edge);
                b = Settle(b, Unsafe.Add(ref value, i + 1), ref edge);
                c = Settle(c, Unsafe.Add(ref value, i + 2), ref edge);
                d = Settle(d, Unsafe.Add(ref value, i + 3), ref edge);
            }

            Unsafe.Add(ref first, a)++;
            Unsafe.Add(ref second, b)++;
            Unsafe.Add(ref third, c)++;
            Unsafe.Add(ref fourth, d)++;
        }

        for (; i < block.Length; i++)
            Unsafe.Add(ref first, Settle(Unsafe.Add(ref bin, CellOf(Unsafe.Add(ref at, i))), Unsafe.Add(ref value, i), ref edge))++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Settle(nint bin, T value, ref T edges)
    {
        if (bin < EdgeInside)
            return bin;
        bin -= EdgeInside;
        return bin + Unsafe.BitCast<bool, byte>(value >= Unsafe.Add(ref edges, bin));
    }

    /// <summary>Leaves the cell of each value, all finite, in the low 16 bits in its place; a monotone function, the same at every vector width.</summary>
    private static void Locate(ReadOnlySpan<T> block, Span<T> located, T lowest, T perUnit, int cells)
    {
        Vector<T> low = new(lowest), scale = new(perUnit), last = new(T.CreateChecked(cells - 1)), rounds = new(RoundsToInteger);
        ref T value = ref MemoryMarshal.GetReference(block);
        ref T at = ref MemoryMarshal.GetReference(located);
        int i = 0;
        for (; i <= block.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector<T> x = Vector.LoadUnsafe(ref value, (nuint)i);
            (Vector.MinNative(Vector.MaxNative((x - low) * scale, Vector<T>.Zero), last) + rounds).StoreUnsafe(ref at, (nuint)i);
        }

        for (; i < block.Length; i++)
            Unsafe.Add(ref at, i) = T.MinNative(T.MaxNative((Unsafe.Add(ref value, i) - lowest) * perUnit, T.Zero), last[0]) + RoundsToInteger;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint CellOf(T located) => typeof(T) == typeof(float)
        ? (ushort)BitConverter.SingleToUInt32Bits((float)(object)located)
        : (ushort)(int)BitConverter.DoubleToUInt64Bits((double)(object)located);

    /// <summary>False when two edges share a cell.</summary>
    private bool Place(ReadOnlySpan<T> edges)
    {
        T[] located = new T[edges.Length];
        Locate(edges, located, _low, _scale, _bins.Length);
        int below = 0;
        for (int c = 0; c < _bins.Length; c++)
        {
            _bins[c] = (ushort)below;
            if (below == edges.Length || CellOf(located[below]) != c)
                continue;
            _bins[c] |= EdgeInside;
            below++;
            if (below < edges.Length && CellOf(located[below]) == c)
                return false;
        }

        return true;
    }
}
