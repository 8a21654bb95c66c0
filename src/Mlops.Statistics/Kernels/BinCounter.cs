using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlops.Statistics;

/// <summary>
/// Counts values per bin against ascending inner edges; a value belongs to the bin whose number is how many edges are
/// at or below it. NaN and infinities go to their own counters.
/// </summary>
internal static class BinCounter
{
    /// <summary>Up to this many edges, one compare-and-popcount sweep per edge beats every search.</summary>
    public const int SweepEdges = 63;

    private const int Block = 2048;

    public static void Count(ReadOnlySpan<double> values, ReadOnlySpan<double> edges, Span<long> counts, ref SpecialCounts special)
    {
        if (edges.Length <= SweepEdges)
            Sweep(values, edges, counts, ref special);
        else
            Search(values, edges, counts, ref special);
    }

    public static void Count(ReadOnlySpan<float> values, ReadOnlySpan<float> edges, Span<long> counts, ref SpecialCounts special)
    {
        if (edges.Length <= SweepEdges)
            Sweep(values, edges, counts, ref special);
        else
            Search(values, edges, counts, ref special);
    }

    internal static void Sweep<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> edges, Span<long> counts, ref SpecialCounts special)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        Span<long> atLeast = stackalloc long[SweepEdges];
        for (int start = 0; start < values.Length; start += Block)
        {
            ReadOnlySpan<T> block = values.Slice(start, int.Min(Block, values.Length - start));
            int finite = CountFinite(block);
            long above = 0;
            if (finite < block.Length)
            {
                SpecialCounts here = SpecialCounts.Of(block);
                special.Add(here);
                above = here.PositiveInfinity;
            }

            for (int e = 0; e < edges.Length; e++)
                atLeast[e] = CountAtLeast(block, edges[e]) - above;
            long left = finite;
            for (int e = 0; e < edges.Length; e++)
            {
                counts[e] += left - atLeast[e];
                left = atLeast[e];
            }

            counts[edges.Length] += left;
        }
    }

    private static int CountAtLeast<T>(ReadOnlySpan<T> block, T edge)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ref T first = ref MemoryMarshal.GetReference(block);
        int count = 0, i = 0;
        if (VectorWidth.Is512)
        {
            Vector512<T> limit = Vector512.Create(edge);
            int step = Vector512<T>.Count;
            for (; i <= block.Length - (4 * step); i += 4 * step)
            {
                ref T here = ref Unsafe.Add(ref first, i);
                ulong a = Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref here), limit).ExtractMostSignificantBits();
                ulong b = Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref here, (nuint)step), limit).ExtractMostSignificantBits();
                ulong c = Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref here, (nuint)(2 * step)), limit).ExtractMostSignificantBits();
                ulong d = Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref here, (nuint)(3 * step)), limit).ExtractMostSignificantBits();
                count += BitOperations.PopCount(a | (b << step) | (c << (2 * step)) | (d << (3 * step)));
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Vector256<T> limit = Vector256.Create(edge);
            int step = Vector256<T>.Count;
            for (; i <= block.Length - (4 * step); i += 4 * step)
            {
                ref T here = ref Unsafe.Add(ref first, i);
                uint a = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref here), limit).ExtractMostSignificantBits();
                uint b = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref here, (nuint)step), limit).ExtractMostSignificantBits();
                uint c = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref here, (nuint)(2 * step)), limit).ExtractMostSignificantBits();
                uint d = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref here, (nuint)(3 * step)), limit).ExtractMostSignificantBits();
                count += BitOperations.PopCount(a | (b << step) | (c << (2 * step)) | (d << (3 * step)));
            }
        }

        for (; i < block.Length; i++)
            count += Unsafe.BitCast<bool, byte>(Unsafe.Add(ref first, i) >= edge);
        return count;
    }

    /// <summary>Values that are neither NaN nor infinite.</summary>
    public static int CountFinite<T>(ReadOnlySpan<T> block)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        ref T first = ref MemoryMarshal.GetReference(block);
        int count = 0, i = 0;
        T max = T.MaxValue;
        if (VectorWidth.Is512)
        {
            Vector512<T> limit = Vector512.Create(max);
            for (; i <= block.Length - Vector512<T>.Count; i += Vector512<T>.Count)
            {
                Vector512<T> x = Vector512.Abs(Vector512.LoadUnsafe(ref first, (nuint)i));
                count += BitOperations.PopCount(Vector512.LessThanOrEqual(x, limit).ExtractMostSignificantBits());
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Vector256<T> limit = Vector256.Create(max);
            for (; i <= block.Length - Vector256<T>.Count; i += Vector256<T>.Count)
            {
                Vector256<T> x = Vector256.Abs(Vector256.LoadUnsafe(ref first, (nuint)i));
                count += BitOperations.PopCount(Vector256.LessThanOrEqual(x, limit).ExtractMostSignificantBits());
            }
        }

        for (; i < block.Length; i++)
            count += T.IsFinite(Unsafe.Add(ref first, i)) ? 1 : 0;
        return count;
    }

    /// <summary>
    /// Branch-free binary search of four values side by side.
    /// </summary>
    internal static void Search<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> edges, Span<long> counts, ref SpecialCounts special)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        ref T edge = ref MemoryMarshal.GetReference(edges);
        ref long count = ref MemoryMarshal.GetReference(counts);
        ref T value = ref MemoryMarshal.GetReference(values);
        int n = edges.Length;
        int i = 0;
        for (; i <= values.Length - 4; i += 4)
        {
            T a = Unsafe.Add(ref value, i), b = Unsafe.Add(ref value, i + 1);
            T c = Unsafe.Add(ref value, i + 2), d = Unsafe.Add(ref value, i + 3);
            if (!(T.IsFinite(a) & T.IsFinite(b) & T.IsFinite(c) & T.IsFinite(d)))
            {
                for (int k = i; k < i + 4; k++)
                    CountOne(Unsafe.Add(ref value, k), edges, counts, ref special);
                continue;
            }

            int pa = 0, pb = 0, pc = 0, pd = 0, length = n;
            while (length > 1)
            {
                int half = length >> 1;
                pa += half & -Unsafe.BitCast<bool, byte>(Unsafe.Add(ref edge, pa + half - 1) <= a);
                pb += half & -Unsafe.BitCast<bool, byte>(Unsafe.Add(ref edge, pb + half - 1) <= b);
                pc += half & -Unsafe.BitCast<bool, byte>(Unsafe.Add(ref edge, pc + half - 1) <= c);
                pd += half & -Unsafe.BitCast<bool, byte>(Unsafe.Add(ref edge, pd + half - 1) <= d);
                length -= half;
            }

            pa += Unsafe.BitCast<bool, byte>(Unsafe.Add(ref edge, pa) <= a);
            pb += Unsafe.BitCast<bool, byte>(Unsafe.Add(ref edge, pb) <= b);
            pc += Unsafe.BitCast<bool, byte>(Unsafe.Add(ref edge, pc) <= c);
            pd += Unsafe.BitCast<bool, byte>(Unsafe.Add(ref edge, pd) <= d);
            Unsafe.Add(ref count, pa)++;
            Unsafe.Add(ref count, pb)++;
            Unsafe.Add(ref count, pc)++;
            Unsafe.Add(ref count, pd)++;
        }

        for (; i < values.Length; i++)
            CountOne(Unsafe.Add(ref value, i), edges, counts, ref special);
    }

    internal static void CountOne<T>(T x, ReadOnlySpan<T> edges, Span<long> counts, ref SpecialCounts special)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (T.IsFinite(x))
            counts[IndexOf(x, edges)]++;
        else
            special.AddOne(x);
    }

    /// <summary>How many edges are at or below <paramref name="x"/>.</summary>
    internal static int IndexOf<T>(T x, ReadOnlySpan<T> edges)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int low = 0, length = edges.Length;
        while (length > 0)
        {
            int half = length >> 1;
            if (edges[low + half] <= x)
            {
                low += half + 1;
                length -= half + 1;
            }
            else
            {
                length = half;
            }
        }

        return low;
    }
}
