using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>Walks two sorted samples side by side.</summary>
internal static class EcdfMerge
{
    /// <summary>
    /// max |i m - j n| over the points between distinct values, where i of n values of <paramref name="x"/> and j of m
    /// values of <paramref name="y"/> lie at or below the point: the Kolmogorov-Smirnov statistic times n m, exactly.
    /// </summary>
    /// <remarks>One branch per step, the loop's own: a comparison yields 0 or 1 and moves either cursor by that much.</remarks>
    public static long Numerator(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int n = x.Length, m = y.Length;
        if (n == 0 || m == 0)
            return 0;
        ref double first = ref MemoryMarshal.GetReference(x);
        ref double second = ref MemoryMarshal.GetReference(y);
        long up = m, down = n;
        long difference = 0, largest = 0;
        double previous = double.NegativeInfinity;
        int i = 0, j = 0;
        while (i < n && j < m)
        {
            double a = Unsafe.Add(ref first, i), b = Unsafe.Add(ref second, j);
            long takeA = Unsafe.BitCast<bool, byte>(a <= b);
            long takeB = Unsafe.BitCast<bool, byte>(b <= a);
            double next = double.MinNative(a, b);

            // Counts only once every value equal to the last one has been taken.
            long settled = -(long)Unsafe.BitCast<bool, byte>(next > previous);
            largest = long.Max(largest, long.Abs(difference) & settled);
            previous = next;
            difference += (up & -takeA) - (down & -takeB);
            i += (int)takeA;
            j += (int)takeB;
        }

        for (; i < n && Unsafe.Add(ref first, i) == previous; i++)
            difference += up;
        for (; j < m && Unsafe.Add(ref second, j) == previous; j++)
            difference -= down;

        // From here the difference only returns to zero.
        return long.Max(largest, long.Abs(difference));
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

    public static bool HasTies(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        for (int i = 1; i < x.Length; i++)
        {
            if (x[i] == x[i - 1])
                return true;
        }

        for (int j = 1; j < y.Length; j++)
        {
            if (y[j] == y[j - 1])
                return true;
        }

        for (int i = 0, j = 0; i < x.Length && j < y.Length;)
        {
            if (x[i] == y[j])
                return true;
            if (x[i] < y[j])
                i++;
            else
                j++;
        }

        return false;
    }
}
