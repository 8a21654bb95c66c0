using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// Finds the bin of a value in constant time: cells of equal width, so narrow that at most one edge lies in each, know how many
/// edges are below them, and one comparison with the cell's own edge settles the rest. Immutable.
/// </summary>
internal sealed class EdgeGrid
{
    /// <summary>Fewer edges of doubles are swept at least as fast, and of floats, which sweep at twice the speed, fewer than twice as many.</summary>
    public const int SmallestEdges = 32;

    private const int Block = 1_024;
    private const int LargestCells = 16_384;

    private readonly CellRule _rule;
    private readonly Cell[] _cells;

    private EdgeGrid(CellRule rule, Cell[] cells)
    {
        _rule = rule;
        _cells = cells;
    }

    /// <summary>The grid of ascending edges, or null when they are few, or so uneven that cells would be too many.</summary>
    public static EdgeGrid? Of(double[] edges)
    {
        if (edges.Length < SmallestEdges || !double.IsFinite(edges[^1] - edges[0]))
            return null;
        for (int count = 2 * edges.Length; count <= LargestCells; count *= 2)
        {
            CellRule rule = CellRule.Linear(edges[0], edges[^1], count);
            if (CellsOf(rule, edges, count) is Cell[] cells)
                return new(rule, cells);
        }

        return null;
    }

    /// <summary>As <see cref="BinCounter.Count(ReadOnlySpan{double}, ReadOnlySpan{double}, Span{long}, ref SpecialCounts)"/>, for values as doubles.</summary>
    public void Count<T>(ReadOnlySpan<T> values, Span<long> counts, ref SpecialCounts special)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        Span<double> wide = stackalloc double[Block], cells = stackalloc double[Block];
        ref Cell cell = ref MemoryMarshal.GetArrayDataReference(_cells);
        ref long count = ref MemoryMarshal.GetReference(counts);
        for (int start = 0; start < values.Length; start += Block)
        {
            ReadOnlySpan<T> block = values.Slice(start, int.Min(Block, values.Length - start));
            SampleSort.ToDoubles(block, wide);
            wide.CopyTo(cells);
            _rule.Apply(cells);
            ReadOnlySpan<long> bits = MemoryMarshal.Cast<double, long>(cells);
            if (BinCounter.CountFinite(block) == block.Length)
            {
                for (int i = 0; i < block.Length; i++)
                {
                    Cell here = Unsafe.Add(ref cell, (nint)(ushort)bits[i]);
                    Unsafe.Add(ref count, here.Below + Unsafe.BitCast<bool, byte>(here.Edge <= wide[i]))++;
                }
            }
            else
            {
                CountSome(block, wide, bits, counts, ref special);
            }
        }
    }

    private void CountSome<T>(ReadOnlySpan<T> block, ReadOnlySpan<double> wide, ReadOnlySpan<long> bits, Span<long> counts, ref SpecialCounts special)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < block.Length; i++)
        {
            if (!double.IsFinite(wide[i]))
            {
                special.AddOne(block[i]);
                continue;
            }

            Cell here = _cells[(ushort)bits[i]];
            counts[here.Below + (here.Edge <= wide[i] ? 1 : 0)]++;
        }
    }

    /// <summary>Null when two edges share a cell.</summary>
    private static Cell[]? CellsOf(CellRule rule, double[] edges, int count)
    {
        double[] located = [.. edges, .. new double[Vector<double>.Count]];
        rule.Apply(located.AsSpan(0, (edges.Length + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count));
        var cells = new Cell[count];
        int next = 0;
        for (int c = 0; c < count; c++)
        {
            int below = next;
            double edge = double.NaN;
            if (next < edges.Length && CellAt(located, next) == c)
                edge = edges[next++];
            if (next < edges.Length && CellAt(located, next) == c)
                return null;
            cells[c] = new(edge, below);
        }

        return cells;
    }

    private static int CellAt(double[] located, int edge) => (ushort)BitConverter.DoubleToInt64Bits(located[edge]);

    /// <summary>How many edges are in the cells before, and the one inside; NaN where there is none, which no value reaches.</summary>
    private readonly record struct Cell(double Edge, int Below);
}
