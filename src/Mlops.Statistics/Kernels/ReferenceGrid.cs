using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// A sorted reference cut into cells, so that an unsorted window can be compared with it exactly: counting the window's values per
/// cell bounds the gap of the two distribution functions inside each, and only the few cells that may hold the largest one have
/// their values sorted and merged. Immutable.
/// </summary>
/// <remarks>
/// Cells have equal width, or, where that crowds the reference, equal width in the sortable key, which is nearly the logarithm. The cell of a
/// value is a chain of monotone operations without a tolerance, so equal values share a cell and cells are in the order of the values,
/// which is all that exactness needs. The cells cover the middle 99.8 % of the reference; the outer ones take the rest.
/// </remarks>
internal sealed class ReferenceGrid
{
    /// <summary>A sample of fewer values is sorted as fast as it is counted.</summary>
    public const int SmallestSample = 4_096;

    private const int LargestCells = ushort.MaxValue;
    private const int Block = 1_024;

    // A cell with this share of the reference is too coarse: its values would be sorted every time.
    private const double LargestShare = 1.0 / 64;

    private readonly ReadOnlyMemory<double> _sorted;
    private readonly CellRule _rule;
    private readonly int[] _starts;

    private ReferenceGrid(ReadOnlyMemory<double> sorted, CellRule rule, int[] starts)
    {
        _sorted = sorted;
        _rule = rule;
        _starts = starts;
    }

    private int Cells => _starts.Length - 1;

    /// <summary>
    /// The grid of an ascending sample, or null when it is small, when one value has at least the share <paramref name="heavy"/> of it, or when
    /// its tails are so heavy that most of it is in a few cells.
    /// </summary>
    public static ReferenceGrid? Of(ReadOnlyMemory<double> sample, double heavy)
    {
        ReadOnlySpan<double> sorted = sample.Span;
        int n = sorted.Length;
        if (n < SmallestSample || EcdfMerge.Repeats(sorted, EcdfMerge.Times(n, heavy)))
            return null;
        int cells = int.Min(LargestCells, n / 4);
        double low = SampleSort.Quantile(sorted, 0.001), high = SampleSort.Quantile(sorted, 0.999);
        if (!double.IsFinite(low) || !double.IsFinite(high) || !(high > low))
            return null;

        CellRule rule = CellRule.Linear(low, high, cells);
        int[] counts = CountPerCell(rule, sorted, cells);
        if (counts.Max() > n * LargestShare)
        {
            rule = CellRule.Logarithmic(low, high, cells);
            counts = CountPerCell(rule, sorted, cells);
        }

        if (counts.Max() > n * LargestShare)
            return null;
        int[] starts = new int[cells + 1];
        for (int c = 0; c < cells; c++)
            starts[c + 1] = starts[c] + counts[c];
        return new(sample, rule, starts);
    }

    /// <summary>
    /// max |i m - j n| as <see cref="EcdfMerge.Compare"/> has it, the values that are not NaN, and whether one of them stands there at
    /// least as often as <paramref name="share"/> asks.
    /// </summary>
    public (long Numerator, int Count, bool Heavy) Compare<T>(ReadOnlySpan<T> window, double share)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // The last slot is that of NaN.
        int slots = Cells + 1;
        int[] counts = ArrayPool<int>.Shared.Rent(slots);
        byte[] open = ArrayPool<byte>.Shared.Rent(slots);
        ushort[] cells = ArrayPool<ushort>.Shared.Rent(window.Length);
        double[] kept = ArrayPool<double>.Shared.Rent(window.Length);
        try
        {
            counts.AsSpan(0, slots).Clear();
            open.AsSpan(0, slots).Clear();
            Locate(_rule, window, cells, counts);
            int m = window.Length - counts[Cells];
            int crowd = EcdfMerge.Times(m, share);
            long lower = LargestBetweenCells(counts, m);
            if (!MarkOpen(counts, m, lower, crowd, open))
                return (lower, m, false);
            int gathered = Gather(window, cells, open, kept);
            RadixSort.Sort(kept.AsSpan(0, gathered));
            (long largest, bool heavy) = LargestInside(counts, m, crowd, open, kept);
            return (long.Max(lower, largest), m, heavy);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(counts);
            ArrayPool<byte>.Shared.Return(open);
            ArrayPool<ushort>.Shared.Return(cells);
            ArrayPool<double>.Shared.Return(kept);
        }
    }

    private static int[] CountPerCell(CellRule rule, ReadOnlySpan<double> sorted, int cells)
    {
        int[] counts = new int[cells + 1];
        ushort[] unused = ArrayPool<ushort>.Shared.Rent(sorted.Length);
        Locate(rule, sorted, unused, counts);
        ArrayPool<ushort>.Shared.Return(unused);
        return counts;
    }

    private static void Locate<T>(CellRule rule, ReadOnlySpan<T> window, Span<ushort> cells, Span<int> counts)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<double> block = stackalloc double[Block];
        ref int count = ref MemoryMarshal.GetReference(counts);
        for (int start = 0; start < window.Length; start += Block)
        {
            ReadOnlySpan<T> values = window.Slice(start, int.Min(Block, window.Length - start));
            SampleSort.ToDoubles(values, block);
            rule.Apply(block);
            ReadOnlySpan<long> bits = MemoryMarshal.Cast<double, long>(block)[..values.Length];
            Span<ushort> here = cells.Slice(start, values.Length);
            for (int i = 0; i < bits.Length; i++)
            {
                ushort cell = (ushort)bits[i];
                here[i] = cell;
                Unsafe.Add(ref count, (nint)cell)++;
            }
        }
    }

    /// <summary>The largest gap at the cells' borders.</summary>
    private long LargestBetweenCells(ReadOnlySpan<int> counts, long m)
    {
        long n = _sorted.Length, taken = 0, largest = 0;
        for (int c = 0; c < Cells; c++)
        {
            taken += counts[c];
            largest = long.Max(largest, long.Abs((_starts[c + 1] * m) - (taken * n)));
        }

        return largest;
    }

    /// <summary>
    /// Marks the cells inside which the gap may exceed <paramref name="lower"/>, with all steps of one sample before those of the other,
    /// and the crowded ones.
    /// </summary>
    private bool MarkOpen(ReadOnlySpan<int> counts, long m, long lower, int crowd, Span<byte> open)
    {
        long n = _sorted.Length, taken = 0;
        int any = 0;
        for (int c = 0; c < Cells; c++)
        {
            int here = counts[c];
            long up = (_starts[c + 1] * m) - (taken * n);
            taken += here;
            long down = (taken * n) - (_starts[c] * m);

            // Where only one sample has values the gap is largest at a border.
            bool inside = here > 0 & _starts[c + 1] > _starts[c] & long.Max(up, down) > lower;
            open[c] = Unsafe.BitCast<bool, byte>(inside | here >= crowd);
            any |= open[c];
        }

        return any != 0;
    }

    private static int Gather<T>(ReadOnlySpan<T> window, ReadOnlySpan<ushort> cells, ReadOnlySpan<byte> open, Span<double> kept)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ref byte wanted = ref MemoryMarshal.GetReference(open);
        int count = 0;
        for (int i = 0; i < window.Length; i++)
        {
            // -0 as 0, as the reference has it.
            kept[count] = double.CreateTruncating(window[i]) + 0.0;
            count += Unsafe.Add(ref wanted, (nint)cells[i]);
        }

        return count;
    }

    private (long Largest, bool Heavy) LargestInside(ReadOnlySpan<int> counts, long m, int crowd, ReadOnlySpan<byte> open, ReadOnlySpan<double> kept)
    {
        long n = _sorted.Length, taken = 0, largest = 0;
        ReadOnlySpan<double> sorted = _sorted.Span;
        bool heavy = false;
        int position = 0;
        for (int c = 0; c < Cells; c++)
        {
            int here = counts[c];
            if (open[c] != 0)
            {
                ReadOnlySpan<double> x = sorted[_starts[c].._starts[c + 1]], y = kept.Slice(position, here);
                largest = long.Max(largest, LargestInside(x, y, (_starts[c] * m) - (taken * n), m, n));
                heavy |= here >= crowd && EcdfMerge.Repeats(y, crowd);
                position += here;
            }

            taken += here;
        }

        return (largest, heavy);
    }

    private static long LargestInside(ReadOnlySpan<double> x, ReadOnlySpan<double> y, long difference, long up, long down)
    {
        long largest = 0;
        int i = 0, j = 0;
        while (i < x.Length && j < y.Length)
        {
            double value = double.Min(x[i], y[j]);
            for (; i < x.Length && x[i] == value; i++)
                difference += up;
            for (; j < y.Length && y[j] == value; j++)
                difference -= down;
            largest = long.Max(largest, long.Abs(difference));
        }

        return largest;
    }
}
