using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>Walks two sorted samples side by side.</summary>
internal static class EcdfMerge
{
    /// <summary>
    /// max |i m - j n| over the points between distinct values, where i of n values of <paramref name="x"/> and j of m
    /// values of <paramref name="y"/> lie at or below the point: the Kolmogorov-Smirnov statistic times n m, exactly.
    /// Also whether any two values of the pooled sample are equal.
    /// </summary>
    /// <remarks>One branch per step, the loop's own: a comparison yields 0 or 1 and moves either cursor by that much.</remarks>
    public static (long Numerator, bool Tied) Compare(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int n = x.Length, m = y.Length;
        if (n == 0 || m == 0)
            return (0, AnyEqualNeighbours(x) || AnyEqualNeighbours(y));
        ref double first = ref MemoryMarshal.GetReference(x);
        ref double second = ref MemoryMarshal.GetReference(y);
        long up = m, down = n;
        long difference = 0, largest = 0, ties = 0;
        long previous = long.MinValue;
        nint i = 0, j = 0;
        while (i < n && j < m)
        {
            // Integer keys in the order of the values: comparisons of doubles would become branches.
            long a = Key(Unsafe.Add(ref first, i)), b = Key(Unsafe.Add(ref second, j));
            long takeA = Unsafe.BitCast<bool, byte>(a <= b);
            long takeB = Unsafe.BitCast<bool, byte>(b <= a);
            long next = long.Min(a, b);

            // A gap counts only once every value equal to the last one has been taken.
            long repeats = Unsafe.BitCast<bool, byte>(next == previous);
            largest = long.Max(largest, long.Abs(difference) & (repeats - 1));
            ties |= repeats | (takeA & takeB);
            previous = next;
            difference += (up & -takeA) - (down & -takeB);
            i += (nint)takeA;
            j += (nint)takeB;
        }

        bool tied = ties != 0
            || (i < n && Key(Unsafe.Add(ref first, i)) == previous) || (j < m && Key(Unsafe.Add(ref second, j)) == previous)
            || AnyEqualNeighbours(x[(int)i..]) || AnyEqualNeighbours(y[(int)j..]);
        for (; i < n && Key(Unsafe.Add(ref first, i)) == previous; i++)
            difference += up;
        for (; j < m && Key(Unsafe.Add(ref second, j)) == previous; j++)
            difference -= down;

        // From here the difference only returns to zero.
        return (long.Max(largest, long.Abs(difference)), tied);
    }

    /// <summary>
    /// The same gap when <paramref name="few"/> is much the shorter: it is largest at one of its values, whose places among
    /// <paramref name="many"/> are searched for.
    /// </summary>
    public static long CompareFew(ReadOnlySpan<double> many, ReadOnlySpan<double> few)
    {
        long n = many.Length, m = few.Length, largest = 0;
        for (int j = 0; j < few.Length;)
        {
            double value = few[j];
            int end = j + 1;
            while (end < few.Length && few[end] == value)
                end++;
            long below = CountBelow(many, value);
            long upTo = value == double.PositiveInfinity ? n : CountBelow(many, double.BitIncrement(value));
            largest = long.Max(largest, long.Max(long.Abs((below * m) - (j * n)), long.Abs((upTo * m) - (end * n))));
            j = end;
        }

        return largest;
    }

    private static long CountBelow(ReadOnlySpan<double> sorted, double value)
    {
        ref double first = ref MemoryMarshal.GetReference(sorted);
        nint start = 0;
        int length = sorted.Length;
        while (length > 1)
        {
            int half = length >> 1;
            start += half & -Unsafe.BitCast<bool, byte>(Unsafe.Add(ref first, start + half - 1) < value);
            length -= half;
        }

        return start + (length == 1 && Unsafe.Add(ref first, start) < value ? 1 : 0);
    }

    /// <summary>How often a value stands in a sample of <paramref name="count"/> when it makes up this share.</summary>
    public static int Times(int count, double share) => int.Max(2, (int)Math.Ceiling(count * share));

    /// <summary>Whether one value stands in an ascending sample at least <paramref name="times"/> times.</summary>
    public static bool Repeats(ReadOnlySpan<double> sorted, int times)
    {
        // A run that long covers a multiple of its length.
        for (int probe = 0; probe < sorted.Length; probe += times)
        {
            double value = sorted[probe];
            int length = 1;
            for (int i = probe - 1; i >= 0 && sorted[i] == value; i--)
                length++;
            for (int i = probe + 1; i < sorted.Length && length < times && sorted[i] == value; i++)
                length++;
            if (length >= times)
                return true;
        }

        return false;
    }

    /// <summary>A signed integer in the order of the values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Key(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }

    private static bool AnyEqualNeighbours(ReadOnlySpan<double> sorted)
    {
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] == sorted[i - 1])
                return true;
        }

        return false;
    }

    /// <summary>Numbers of equal values in the pooled order, ascending; their sum is n + m. All ones when nothing is tied.</summary>
    public static int[] TieGroups(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        List<int> groups = new(x.Length + y.Length);
        int i = 0, j = 0;
        while (i < x.Length || j < y.Length)
        {
            double value = j >= y.Length || (i < x.Length && x[i] <= y[j]) ? x[i] : y[j];
            int size = 0;
            for (; i < x.Length && x[i] == value; i++)
                size++;
            for (; j < y.Length && y[j] == value; j++)
                size++;
            groups.Add(size);
        }

        return [.. groups];
    }
}
