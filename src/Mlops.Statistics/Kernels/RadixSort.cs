using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// Ascending sort of floats or doubles without NaN: least-significant-digit radix on 11-bit digits of the sortable key
/// from 256 values on, the runtime's own sort below. A digit that all values share costs no pass. No input order is slow: three
/// passes, and for doubles at most three more.
/// </summary>
internal static class RadixSort
{
    private const int Threshold = 256;
    private const int DigitBits = 11;
    private const int Radix = 1 << DigitBits;
    private const int Digits = 3;

    // Of a double's 64 bits, three digits are the lower and what is left the upper ones.
    private const int UpperShift = Digits * DigitBits;
    private const int ShortRun = 24;
    private const int LongRun = 4_096;

    public static void Sort(Span<float> values)
    {
        if (values.Length < Threshold)
        {
            values.Sort();
            return;
        }

        uint[] rented = ArrayPool<uint>.Shared.Rent(values.Length);
        int[] counts = ArrayPool<int>.Shared.Rent(Digits * Radix);
        try
        {
            Sort(MemoryMarshal.Cast<float, uint>(values), rented.AsSpan(0, values.Length), counts.AsSpan(0, Digits * Radix));
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
        int[] counts = ArrayPool<int>.Shared.Rent(Digits * Radix);
        try
        {
            Sort(MemoryMarshal.Cast<double, ulong>(values), rented.AsSpan(0, values.Length), counts.AsSpan(0, Digits * Radix));
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
        for (int digit = 0; digit < Digits; digit++)
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

    /// <summary>
    /// Doubles by their upper 31 bits first, which leaves continuous data almost sorted; runs that agree in those are sorted
    /// by the rest.
    /// </summary>
    private static void Sort(Span<ulong> values, Span<ulong> scratch, Span<int> counts)
    {
        foreach (ref ulong key in values)
            key ^= (ulong)((long)key >> 63) | 0x8000_0000_0000_0000ul;
        bool moved = SortByDigits(values, scratch, counts, UpperShift);
        Span<ulong> keys = moved ? scratch : values, other = moved ? values : scratch;
        for (int i = 1; i < keys.Length; i++)
        {
            if (keys[i] >= keys[i - 1])
                continue;
            int start = i - 1, end = i + 1;
            ulong upper = keys[i] >> UpperShift;
            while (start > 0 && keys[start - 1] >> UpperShift == upper)
                start--;
            while (end < keys.Length && keys[end] >> UpperShift == upper)
                end++;
            SortRun(keys[start..end], other[start..end], counts);
            i = end - 1;
        }

        for (int i = 0; i < values.Length; i++)
        {
            ulong key = keys[i];
            values[i] = key ^ (~(ulong)((long)key >> 63) | 0x8000_0000_0000_0000ul);
        }
    }

    private static void SortRun(Span<ulong> run, Span<ulong> scratch, Span<int> counts)
    {
        if (run.Length > LongRun)
        {
            if (SortByDigits(run, scratch, counts, 0))
                scratch.CopyTo(run);
            return;
        }

        if (run.Length > ShortRun)
        {
            run.Sort();
            return;
        }

        for (int i = 1; i < run.Length; i++)
        {
            ulong key = run[i];
            int at = i;
            for (; at > 0 && run[at - 1] > key; at--)
                run[at] = run[at - 1];
            run[at] = key;
        }
    }

    /// <summary>Sorts by the three digits from <paramref name="shift"/> on; true when the outcome is in <paramref name="scratch"/>.</summary>
    private static bool SortByDigits(Span<ulong> keys, Span<ulong> scratch, Span<int> counts, int shift)
    {
        counts.Clear();
        ref int c = ref MemoryMarshal.GetReference(counts);
        foreach (ulong key in keys)
        {
            ulong digits = key >> shift;
            Unsafe.Add(ref c, (int)(digits & (Radix - 1)))++;
            Unsafe.Add(ref c, Radix + (int)((digits >> DigitBits) & (Radix - 1)))++;
            Unsafe.Add(ref c, (2 * Radix) + (int)((digits >> (2 * DigitBits)) & (Radix - 1)))++;
        }

        Span<ulong> from = keys, to = scratch;
        for (int digit = 0; digit < Digits; digit++)
        {
            Span<int> starts = counts.Slice(digit * Radix, Radix);
            int at = shift + (digit * DigitBits);
            if (!ToStarts(starts, (int)((from[0] >> at) & (Radix - 1)), from.Length))
                continue;
            ref int s = ref MemoryMarshal.GetReference(starts);
            ref ulong target = ref MemoryMarshal.GetReference(to);
            foreach (ulong key in from)
                Unsafe.Add(ref target, Unsafe.Add(ref s, (int)((key >> at) & (Radix - 1)))++) = key;
            Span<ulong> swap = from;
            from = to;
            to = swap;
        }

        return from == scratch;
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
