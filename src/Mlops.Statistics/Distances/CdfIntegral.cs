namespace Mlops.Statistics;

/// <summary>Integrals of a power of |F - G| over the real line, by one walk over two sorted samples.</summary>
internal static class CdfIntegral
{
    public static double? Compute(ReadOnlySpan<double> x, ReadOnlySpan<double> y, bool squared)
    {
        x = Finite(x);
        y = Finite(y);
        if (x.IsEmpty || y.IsEmpty)
            return null;
        double n = x.Length, m = y.Length;

        // The gap i m - j n is an exact integer; compensated summation keeps long sums to full precision.
        double sum = 0, lost = 0;
        int i = 0, j = 0;
        double previous = double.Min(x[0], y[0]);
        while (i < x.Length || j < y.Length)
        {
            double next = j >= y.Length || (i < x.Length && x[i] <= y[j]) ? x[i] : y[j];
            double gap = Math.Abs((i * m) - (j * n)) / (n * m);
            double term = (next - previous) * (squared ? gap * gap : gap);
            double corrected = term - lost;
            double total = sum + corrected;
            lost = total - sum - corrected;
            sum = total;
            previous = next;
            if (j >= y.Length || (i < x.Length && x[i] <= y[j]))
                i++;
            else
                j++;
        }

        return sum;
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
}
