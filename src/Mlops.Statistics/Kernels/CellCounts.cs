using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>How many values of an unsorted sample lie in each cell, and which cell each lies in; in pooled arrays.</summary>
internal readonly ref struct CellCounts
{
    /// <summary>The most cells there may be.</summary>
    public const int LargestCells = ushort.MaxValue;

    private const int Block = 1_024;

    private readonly int[] _counts;
    private readonly ushort[] _cells;
    private readonly int _cellCount;

    private CellCounts(int[] counts, ushort[] cells, int cellCount, int total)
    {
        _counts = counts;
        _cells = cells;
        _cellCount = cellCount;
        Total = total;
    }

    /// <summary>Values that are not NaN.</summary>
    public int Total { get; }

    /// <summary>Values per cell.</summary>
    public ReadOnlySpan<int> Counts => _counts.AsSpan(0, _cellCount);

    /// <summary>Whether some cell holds more than this share of the values.</summary>
    public bool IsCrowded(double share) => Counts.IndexOfAnyExceptInRange(0, (int)(Total * share)) >= 0;

    public static CellCounts Of<T>(CellRule rule, int cellCount, ReadOnlySpan<T> sample)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // The last slot is that of NaN.
        int[] counts = ArrayPool<int>.Shared.Rent(cellCount + 1);
        ushort[] cells = ArrayPool<ushort>.Shared.Rent(sample.Length);
        counts.AsSpan(0, cellCount + 1).Clear();
        Span<double> block = stackalloc double[Block];
        ref int count = ref MemoryMarshal.GetArrayDataReference(counts);
        for (int start = 0; start < sample.Length; start += Block)
        {
            ReadOnlySpan<T> values = sample.Slice(start, int.Min(Block, sample.Length - start));
            SampleSort.ToDoubles(values, block);
            rule.Apply(block);
            ReadOnlySpan<long> bits = MemoryMarshal.Cast<double, long>(block)[..values.Length];
            Span<ushort> here = cells.AsSpan(start, values.Length);
            for (int i = 0; i < bits.Length; i++)
            {
                ushort cell = (ushort)bits[i];
                here[i] = cell;
                Unsafe.Add(ref count, (nint)cell)++;
            }
        }

        return new(counts, cells, cellCount, sample.Length - counts[cellCount]);
    }

    /// <summary>The sample's values in open cells, ascending.</summary>
    /// <param name="sample">What was counted.</param>
    /// <param name="open">1 for an open cell, else 0; one slot more than there are cells.</param>
    /// <param name="kept">Room for the whole sample.</param>
    public ReadOnlySpan<double> Open<T>(ReadOnlySpan<T> sample, ReadOnlySpan<byte> open, Span<double> kept)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int count = Gather(sample, _cells, open, kept);
        RadixSort.Sort(kept[..count]);
        return kept[..count];
    }

    /// <summary>Adds to each cell <paramref name="weight"/> times the places of its values, seen from its middle, in cells of equal width.</summary>
    public void AddOffsets<T>(CellRule rule, ReadOnlySpan<T> sample, double weight, Span<double> sums)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<double> block = stackalloc double[Block];
        for (int start = 0; start < sample.Length; start += Block)
        {
            ReadOnlySpan<double> values = SampleSort.AsDoubles(sample.Slice(start, int.Min(Block, sample.Length - start)), block);
            AddOffsets(values, _cells.AsSpan(start, values.Length), rule.Low, rule.Scale, weight, sums);
        }
    }

    private static void AddOffsets(ReadOnlySpan<double> values, ReadOnlySpan<ushort> cells, double low, double scale, double weight, Span<double> sums)
    {
        ref double sum = ref MemoryMarshal.GetReference(sums);
        for (int i = 0; i < cells.Length; i++)
            Unsafe.Add(ref sum, (nint)cells[i]) += weight * (((values[i] - low) * scale) - cells[i]);
    }

    private static int Gather<T>(ReadOnlySpan<T> sample, ReadOnlySpan<ushort> cells, ReadOnlySpan<byte> open, Span<double> kept)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<double> block = stackalloc double[Block];
        int count = 0;
        for (int start = 0; start < sample.Length; start += Block)
        {
            ReadOnlySpan<double> values = SampleSort.AsDoubles(sample.Slice(start, int.Min(Block, sample.Length - start)), block);
            count += Gather(values, cells.Slice(start, values.Length), open, kept[count..]);
        }

        return count;
    }

    private static int Gather(ReadOnlySpan<double> values, ReadOnlySpan<ushort> cells, ReadOnlySpan<byte> open, Span<double> kept)
    {
        ref byte wanted = ref MemoryMarshal.GetReference(open);
        ref double next = ref MemoryMarshal.GetReference(kept);
        nint count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            // -0 as 0, as a sorted sample has it.
            Unsafe.Add(ref next, count) = values[i] + 0.0;
            count += Unsafe.Add(ref wanted, (nint)cells[i]);
        }

        return (int)count;
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_counts);
        ArrayPool<ushort>.Shared.Return(_cells);
    }
}
