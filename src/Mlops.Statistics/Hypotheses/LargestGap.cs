namespace Mlops.Statistics;

/// <summary>n m times D, the Kolmogorov-Smirnov distance, as an integer.</summary>
internal readonly struct LargestGap : IRankStatistic
{
    public double Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        long n = 0, m = 0, i = 0, j = 0, largest = 0;
        foreach (int count in first)
            n += count;
        foreach (int count in second)
            m += count;
        for (int group = 0; group < first.Length; group++)
        {
            i += first[group];
            j += second[group];
            largest = long.Max(largest, long.Abs((i * m) - (j * n)));
        }

        return largest;
    }
}
