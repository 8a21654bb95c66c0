namespace Mlops.Statistics;

/// <summary>Bins of equal width over a range, as many as one of numpy's rules asks for, with numpy's rounding.</summary>
/// <param name="Low">First edge; it belongs to the first bin.</param>
/// <param name="High">Last edge; it belongs to the last bin.</param>
/// <param name="Inner">The edges between; a value on one belongs to the bin above.</param>
internal readonly record struct EqualWidthBins(double Low, double High, BinEdges Inner)
{
    /// <summary>numpy's 'sturges': width = range / (log2 n + 1).</summary>
    public static EqualWidthBins? Sturges(double[] sorted) => Of(sorted, Math.Log2(sorted.Length) + 1);

    /// <summary>numpy's 'doane', which adds bins for skew: Sturges' divisor plus log2(1 + |g| / sg).</summary>
    public static EqualWidthBins? Doane(double[] sorted)
    {
        double n = sorted.Length;
        if (n <= 2)
            return Of(sorted, 1);
        Moments moments = Moments.Of(sorted);
        double deviation = Math.Sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)));
        double skewness = Math.Abs(moments.Skewness ?? 0);
        return Of(sorted, 1 + Math.Log2(n) + Math.Log2(1 + (skewness / deviation)));
    }

    /// <summary>Counts per bin; finite values outside the range are counted apart, others left out.</summary>
    public (long[] Counts, long Outside) Count(ReadOnlySpan<double> values)
    {
        long[] counts = new long[Inner.BinCount];
        long outside = 0;
        foreach (double value in values)
        {
            if (value >= Low && value <= High)
                counts[Inner.IndexOf(value)]++;
            else if (double.IsFinite(value))
                outside++;
        }

        return (counts, outside);
    }

    /// <summary>Null when the range exceeds a double.</summary>
    private static EqualWidthBins? Of(double[] sorted, double divisor)
    {
        double low = sorted[0], high = sorted[^1];
        if (!double.IsFinite(high - low))
            return null;
        int bins = 1;
        if (high > low)
        {
            bins = (int)double.Min(Math.Ceiling((high - low) / ((high - low) / divisor)), BinEdges.MaximumBins);
        }
        else
        {
            low -= 0.5;
            high += 0.5;
        }

        double step = (high - low) / bins;
        double[] inner = new double[bins - 1];
        for (int i = 1; i < bins; i++)
            inner[i - 1] = (i * step) + low;
        return new EqualWidthBins(low, high, BinEdges.FromInner(inner));
    }
}
