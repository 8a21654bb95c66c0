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
    /// False when no value makes up <paramref name="share"/> of either sample: probes at half that distance cannot miss
    /// such a run.
    /// </summary>
    public static bool MayRepeat(ReadOnlySpan<double> sorted, double share)
    {
        int half = int.Max(1, (int)(sorted.Length * share / 2));
        for (int i = 0; i + half < sorted.Length; i += half)
        {
            if (sorted[i] == sorted[i + half])
                return true;
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Key(double value)
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
