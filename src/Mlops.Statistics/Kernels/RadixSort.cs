using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// Ascending sort of floats or doubles without NaN: least-significant-digit radix on 11-bit digits of the sortable key
/// from 256 values on, the runtime's own sort below. A digit that all values share costs no pass. Stable in cost:
/// no input order is slow.
/// </summary>
internal static class RadixSort
{
    private const int Threshold = 256;
    private const int DigitBits = 11;
    private const int Radix = 1 << DigitBits;
    private const int SingleDigits = 3;
    private const int DoubleDigits = 6;

    public static void Sort(Span<float> values)
    {
        if (values.Length < Threshold)
        {
            values.Sort();
            return;
        }

        uint[] rented = ArrayPool<uint>.Shared.Rent(values.Length);
        int[] counts = ArrayPool<int>.Shared.Rent(SingleDigits * Radix);
        try
        {
            Sort(MemoryMarshal.Cast<float, uint>(values), rented.AsSpan(0, values.Length), counts.AsSpan(0, SingleDigits * Radix));
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(rented);
            ArrayPool<int>.Shared.Return(counts);
        }
    }

    public static void Sort(Span<double> values)
    {
        if (values.Length < Threshold)
        {
            values.Sort();
            return;
        }

        ulong[] rented = ArrayPool<ulong>.Shared.Rent(values.Length);
        int[] counts = ArrayPool<int>.Shared.Rent(DoubleDigits * Radix);
        try
        {
            Sort(MemoryMarshal.Cast<double, ulong>(values), rented.AsSpan(0, values.Length), counts.AsSpan(0, DoubleDigits * Radix));
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(rented);
            ArrayPool<int>.Shared.Return(counts);
        }
    }

    private static void Sort(Span<uint> values, Span<uint> scratch, Span<int> counts)
    {
        counts.Clear();
        ref int c = ref MemoryMarshal.GetReference(counts);
        for (int i = 0; i < values.Length; i++)
        {
            uint key = values[i];
            key ^= (uint)((int)key >> 31) | 0x8000_0000u;
            values[i] = key;
            Unsafe.Add(ref c, key & (Radix - 1))++;
            Unsafe.Add(ref c, Radix + ((key >> DigitBits) & (Radix - 1)))++;
            Unsafe.Add(ref c, (2 * Radix) + (key >> (2 * DigitBits)))++;
        }

        Span<uint> from = values, to = scratch;
        for (int digit = 0; digit < SingleDigits; digit++)
        {
            Span<int> starts = counts.Slice(digit * Radix, Radix);
            int shift = digit * DigitBits;
            if (!ToStarts(starts, (int)((from[0] >> shift) & (Radix - 1)), from.Length))
                continue;
            ref int s = ref MemoryMarshal.GetReference(starts);
            ref uint target = ref MemoryMarshal.GetReference(to);
            foreach (uint key in from)
                Unsafe.Add(ref target, Unsafe.Add(ref s, (key >> shift) & (Radix - 1))++) = key;
            Span<uint> swap = from;
            from = to;
            to = swap;
        }

        for (int i = 0; i < values.Length; i++)
        {
            uint key = from[i];
            values[i] = key ^ (~(uint)((int)key >> 31) | 0x8000_0000u);
        }
    }

    private static void Sort(Span<ulong> values, Span<ulong> scratch, Span<int> counts)
    {
        counts.Clear();
        ref int c = ref MemoryMarshal.GetReference(counts);
        for (int i = 0; i < values.Length; i++)
        {
            ulong key = values[i];
            key ^= (ulong)((long)key >> 63) | 0x8000_0000_0000_0000ul;
            values[i] = key;
            Unsafe.Add(ref c, (int)(key & (Radix - 1)))++;
            Unsafe.Add(ref c, Radix + (int)((key >> DigitBits) & (Radix - 1)))++;
            Unsafe.Add(ref c, (2 * Radix) + (int)((key >> (2 * DigitBits)) & (Radix - 1)))++;
            Unsafe.Add(ref c, (3 * Radix) + (int)((key >> (3 * DigitBits)) & (Radix - 1)))++;
            Unsafe.Add(ref c, (4 * Radix) + (int)((key >> (4 * DigitBits)) & (Radix - 1)))++;
            Unsafe.Add(ref c, (5 * Radix) + (int)(key >> (5 * DigitBits)))++;
        }

        Span<ulong> from = values, to = scratch;
        for (int digit = 0; digit < DoubleDigits; digit++)
        {
            Span<int> starts = counts.Slice(digit * Radix, Radix);
            int shift = digit * DigitBits;
            if (!ToStarts(starts, (int)((from[0] >> shift) & (Radix - 1)), from.Length))
                continue;
            ref int s = ref MemoryMarshal.GetReference(starts);
            ref ulong target = ref MemoryMarshal.GetReference(to);
            foreach (ulong key in from)
                Unsafe.Add(ref target, Unsafe.Add(ref s, (int)((key >> shift) & (Radix - 1)))++) = key;
            Span<ulong> swap = from;
            from = to;
            to = swap;
        }

        for (int i = 0; i < values.Length; i++)
        {
            ulong key = from[i];
            values[i] = key ^ (~(ulong)((long)key >> 63) | 0x8000_0000_0000_0000ul);
        }
    }

    /// <summary>Turns counts into first positions; false when one digit value holds everything.</summary>
    private static bool ToStarts(Span<int> counts, int digitOfFirst, int length)
    {
        if (counts[digitOfFirst] == length)
            return false;
        int next = 0;
        foreach (ref int count in counts)
        {
            int here = count;
            count = next;
            next += here;
        }

        return true;
    }
}
