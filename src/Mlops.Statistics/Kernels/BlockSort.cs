using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// Ascending sort of some thousand doubles without NaN, for blocks that fill again and again: two radix passes over the 22 leading
/// bits of where a key lies between the smallest and the largest, then insertion. Six full passes cost three times as much at such sizes.
/// Data that crowd into few of these places are left to <see cref="RadixSort"/>, so no input is slow.
/// </summary>
internal static class BlockSort
{
    private const int DigitBits = 11;
    private const int Radix = 1 << DigitBits;
    private const int MovesPerValue = 8;

    public static void Sort(Span<double> values)
    {
        ulong[] scratch = ArrayPool<ulong>.Shared.Rent(values.Length);
        bool sorted = TrySort(MemoryMarshal.Cast<double, ulong>(values), scratch.AsSpan(0, values.Length));
        ArrayPool<ulong>.Shared.Return(scratch);
        if (!sorted)
            RadixSort.Sort(values);
    }

    /// <summary>False when insertion had to move too much; the values are then all there, in some order.</summary>
    private static bool TrySort(Span<ulong> values, Span<ulong> scratch)
    {
        ulong least = ulong.MaxValue, most = 0;
        foreach (ref ulong value in values)
        {
            value ^= (ulong)((long)value >> 63) | 0x8000_0000_0000_0000ul;
            least = ulong.Min(least, value);
            most = ulong.Max(most, value);
        }

        int shift = int.Max(0, 64 - BitOperations.LeadingZeroCount(most - least) - (2 * DigitBits));
        Span<int> low = stackalloc int[Radix], high = stackalloc int[Radix];
        low.Clear();
        high.Clear();
        ref int l = ref MemoryMarshal.GetReference(low);
        ref int h = ref MemoryMarshal.GetReference(high);
        foreach (ulong value in values)
        {
            uint place = (uint)((value - least) >> shift);
            Unsafe.Add(ref l, place & (Radix - 1))++;
            Unsafe.Add(ref h, place >> DigitBits)++;
        }

        int lowNext = 0, highNext = 0;
        for (int i = 0; i < Radix; i++)
        {
            (low[i], lowNext) = (lowNext, lowNext + low[i]);
            (high[i], highNext) = (highNext, highNext + high[i]);
        }

        ref ulong s = ref MemoryMarshal.GetReference(scratch);
        foreach (ulong value in values)
            Unsafe.Add(ref s, Unsafe.Add(ref l, (uint)((value - least) >> shift) & (Radix - 1))++) = value;
        ref ulong v = ref MemoryMarshal.GetReference(values);
        foreach (ulong value in scratch)
            Unsafe.Add(ref v, Unsafe.Add(ref h, (uint)((value - least) >> shift) >> DigitBits)++) = value;
        bool sorted = shift == 0 || Insert(values);
        foreach (ref ulong value in values)
            value ^= ~(ulong)((long)value >> 63) | 0x8000_0000_0000_0000ul;
        return sorted;
    }

    private static bool Insert(Span<ulong> values)
    {
        long moves = (long)MovesPerValue * values.Length;
        for (int i = 1; i < values.Length; i++)
        {
            ulong value = values[i];
            int j = i;
            for (; j > 0 && values[j - 1] > value; j--)
                values[j] = values[j - 1];
            values[j] = value;
            moves -= i - j;
            if (moves < 0)
                return false;
        }

        return true;
    }
}
