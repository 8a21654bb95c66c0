using System.Buffers;
using System.Numerics;

namespace Mlops.Statistics;

/// <summary>
/// A sorted reference cut into cells, so that an unsorted window can be compared with it exactly: only the few cells that may hold
/// the largest gap have their values sorted. Immutable.
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

    /// <summary>A cell with this share of a sample is too coarse: its values would be sorted every time.</summary>
    public const double LargestShare = 1.0 / 64;

    private readonly double[] _sorted;
    private readonly CellRule _rule;
    private readonly int[] _starts;

    private ReferenceGrid(double[] sorted, CellRule rule, int[] starts)
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
    public static ReferenceGrid? Of(double[] sorted, double heavy)
    {
        int n = sorted.Length;
        if (n < SmallestSample || EcdfMerge.Repeats(sorted, EcdfMerge.Times(n, heavy)))
            return null;
        int cells = int.Min(CellCounts.LargestCells, n / 4);
        foreach (CellRule rule in CellRule.For(sorted, cells))
        {
            using CellCounts counted = CellCounts.Of<double>(rule, cells, sorted);
            if (counted.IsCrowded(LargestShare))
                continue;
            int[] starts = new int[cells + 1];
            CellGap.Accumulate(counted.Counts, starts);
            return new(sorted, rule, starts);
        }

        return null;
    }

    /// <summary>
    /// max |i m - j n| as <see cref="EcdfMerge.Compare"/> has it, the values that are not NaN, and whether one of them stands there at
    /// least as often as <paramref name="share"/> asks.
    /// </summary>
    public (long Numerator, int Count, bool Heavy) Compare<T>(ReadOnlySpan<T> window, double share)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using CellCounts counted = CellCounts.Of(_rule, Cells, window);
        int m = counted.Total, crowd = EcdfMerge.Times(m, share);
        CellGap gap = new(_starts, counted.Counts, m);
        long between = gap.BetweenCells();
        byte[] open = ArrayPool<byte>.Shared.Rent(Cells + 1);
        double[] kept = ArrayPool<double>.Shared.Rent(_sorted.Length + window.Length);
        try
        {
            open[Cells] = 0;
            if (!gap.MarkOpen(between, int.MaxValue, crowd, open))
                return (between, m, false);
            ReadOnlySpan<double> x = Open(open, kept), y = counted.Open(window, open, kept.AsSpan(_sorted.Length));
            (long inside, bool heavy) = gap.InsideCells(open, x, y, int.MaxValue, crowd);
            return (long.Max(between, inside), m, heavy);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(open);
            ArrayPool<double>.Shared.Return(kept);
        }
    }

    private ReadOnlySpan<double> Open(ReadOnlySpan<byte> open, Span<double> kept)
    {
        int count = 0;
        for (int c = 0; c < Cells; c++)
        {
            if (open[c] == 0)
                continue;
            ReadOnlySpan<double> values = _sorted.AsSpan(_starts[c].._starts[c + 1]);
            values.CopyTo(kept[count..]);
            count += values.Length;
        }

        return kept[..count];
    }
}
