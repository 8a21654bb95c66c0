using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>Integrals of a power of |F - G| over the real line, by one walk over two sorted samples.</summary>
internal static class CdfIntegral
{
    private const int Block = 256;

    public static double? Compute(ReadOnlySpan<double> x, ReadOnlySpan<double> y, bool squared)
    {
        x = Finite(x);
        y = Finite(y);
        if (x.IsEmpty || y.IsEmpty)
            return null;
        double product = (double)x.Length * y.Length;
        if (squared)
            return Walk(x, y, squared: true) / product / product;
        return x.Length == y.Length ? PairedGap(x, y) / x.Length : Walk(x, y, squared: false) / product;
    }

    /// <summary>A sorted sample without its infinities.</summary>
    public static ReadOnlySpan<double> Finite(ReadOnlySpan<double> sorted)
    {
        int low = 0, high = sorted.Length;
        while (low < high && double.IsNegativeInfinity(sorted[low]))
            low++;
        while (high > low && double.IsPositiveInfinity(sorted[high - 1]))
            high--;
        return sorted[low..high];
    }

    /// <summary>Samples of one size: the same integral between quantiles, the sum of |x(i) - y(i)|.</summary>
    private static double PairedGap(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        CompensatedSum sum = default;
        for (int start = 0; start < x.Length; start += Block)
        {
            ReadOnlySpan<double> a = x.Slice(start, int.Min(Block, x.Length - start)), b = y.Slice(start, a.Length);
            double even = 0, odd = 0;
            int i = 0;
            for (; i + 1 < a.Length; i += 2)
            {
                even += Math.Abs(a[i] - b[i]);
                odd += Math.Abs(a[i + 1] - b[i + 1]);
            }

            if (i < a.Length)
                even += Math.Abs(a[i] - b[i]);
            sum.Add(even + odd);
        }

        return sum.Value;
    }

    /// <summary>The integral of |i m - j n|, or of its square, by blocks whose sums are added with compensation.</summary>
    private static double Walk(ReadOnlySpan<double> x, ReadOnlySpan<double> y, bool squared)
    {
        ref double first = ref MemoryMarshal.GetReference(x);
        ref double second = ref MemoryMarshal.GetReference(y);
        nint n = x.Length, m = y.Length, i = 0, j = 0;
        long difference = 0;
        double previous = double.Min(x[0], y[0]);
        CompensatedSum sum = default;
        while (i < n && j < m)
        {
            double block = 0;
            for (int step = 0; step < Block && i < n && j < m; step++)
            {
                double a = Unsafe.Add(ref first, i), b = Unsafe.Add(ref second, j);
                long takeA = Unsafe.BitCast<bool, byte>(EcdfMerge.Key(a) <= EcdfMerge.Key(b));
                long takeB = Unsafe.BitCast<bool, byte>(EcdfMerge.Key(b) <= EcdfMerge.Key(a));
                double next = double.MinNative(a, b), gap = Math.Abs((double)difference);
                block += (next - previous) * (squared ? gap * gap : gap);
                previous = next;
                difference += (m & -takeA) - (n & -takeB);
                i += (nint)takeA;
                j += (nint)takeB;
            }

            sum.Add(block);
        }

        // One sample is used up: the gap closes step by step.
        long closing = i < n ? m : -n;
        foreach (double next in i < n ? x[(int)i..] : y[(int)j..])
        {
            double gap = Math.Abs((double)difference);
            sum.Add((next - previous) * (squared ? gap * gap : gap));
            previous = next;
            difference += closing;
        }

        return sum.Value;
    }
}
