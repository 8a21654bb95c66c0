using System.Runtime.CompilerServices;

namespace Mlops.Statistics;

/// <summary>
/// The largest |i m - j n| of two samples of n and m values that were counted over common cells: known at the borders of
/// the cells, bounded inside them, and found by merging where the bound leaves it open.
/// </summary>
internal readonly ref struct CellGap
{
    private readonly ReadOnlySpan<int> _starts;
    private readonly ReadOnlySpan<int> _counts;
    private readonly long _n;
    private readonly long _m;

    /// <param name="starts">Values of the first sample before each cell, and all of them at the end.</param>
    /// <param name="counts">Values of the second sample in each cell.</param>
    /// <param name="m">Values of the second sample.</param>
    public CellGap(ReadOnlySpan<int> starts, ReadOnlySpan<int> counts, int m)
    {
        _starts = starts;
        _counts = counts;
        _n = starts[^1];
        _m = m;
    }

    /// <summary>Counts per cell as values before each cell.</summary>
    public static void Accumulate(ReadOnlySpan<int> counts, Span<int> starts)
    {
        starts[0] = 0;
        for (int c = 0; c < counts.Length; c++)
            starts[c + 1] = starts[c] + counts[c];
    }

    /// <summary>The largest gap at a border.</summary>
    public long BetweenCells()
    {
        // Copies, since fields of this are read again in every turn.
        ReadOnlySpan<int> counts = _counts, ends = _starts.Slice(1, counts.Length);
        long n = _n, m = _m, taken = 0, largest = 0;
        for (int c = 0; c < counts.Length; c++)
        {
            taken += counts[c];
            largest = long.Max(largest, long.Abs((ends[c] * m) - (taken * n)));
        }

        return largest;
    }

    /// <summary>
    /// Marks the cells inside which the gap may exceed <paramref name="lower"/>, with all steps of one sample before those of the other,
    /// and those with as many values of a sample as a crowd has. False when there are none.
    /// </summary>
    public bool MarkOpen(long lower, int firstCrowd, int secondCrowd, Span<byte> open)
    {
        ReadOnlySpan<int> counts = _counts, ends = _starts.Slice(1, counts.Length);
        open = open[..counts.Length];
        long n = _n, m = _m, taken = 0;
        int any = 0, start = 0;
        for (int c = 0; c < counts.Length; c++)
        {
            int end = ends[c], first = end - start, second = counts[c];
            long up = (end * m) - (taken * n);
            taken += second;
            long down = (taken * n) - (start * m);
            start = end;

            // Where only one sample has values the gap is largest at a border.
            bool inside = second > 0 & first > 0 & long.Max(up, down) > lower;
            byte mark = Unsafe.BitCast<bool, byte>(inside | first >= firstCrowd | second >= secondCrowd);
            open[c] = mark;
            any |= mark;
        }

        return any != 0;
    }

    /// <summary>The largest gap inside an open cell, and whether a value there stands as often in its sample as a crowd has.</summary>
    /// <param name="open">The marked cells.</param>
    /// <param name="x">The first sample's values in them, ascending.</param>
    /// <param name="y">The second sample's.</param>
    /// <param name="firstCrowd">As for <see cref="MarkOpen"/>.</param>
    /// <param name="secondCrowd">As for <see cref="MarkOpen"/>.</param>
    public (long Largest, bool Heavy) InsideCells(
        ReadOnlySpan<byte> open, ReadOnlySpan<double> x, ReadOnlySpan<double> y, int firstCrowd, int secondCrowd)
    {
        long taken = 0, largest = 0;
        bool heavy = false;
        for (int c = 0; c < _counts.Length; c++)
        {
            int first = _starts[c + 1] - _starts[c], second = _counts[c];
            if (open[c] != 0)
            {
                largest = long.Max(largest, InsideCell(x[..first], y[..second], (_starts[c] * _m) - (taken * _n)));
                heavy |= (first >= firstCrowd && EcdfMerge.Repeats(x[..first], firstCrowd))
                    || (second >= secondCrowd && EcdfMerge.Repeats(y[..second], secondCrowd));
                x = x[first..];
                y = y[second..];
            }

            taken += second;
        }

        return (largest, heavy);
    }

    private long InsideCell(ReadOnlySpan<double> x, ReadOnlySpan<double> y, long difference)
    {
        long largest = 0;
        int i = 0, j = 0;
        while (i < x.Length && j < y.Length)
        {
            double value = double.Min(x[i], y[j]);
            for (; i < x.Length && x[i] == value; i++)
                difference += _m;
            for (; j < y.Length && y[j] == value; j++)
                difference -= _n;
            largest = long.Max(largest, long.Abs(difference));
        }

        return largest;
    }
}
