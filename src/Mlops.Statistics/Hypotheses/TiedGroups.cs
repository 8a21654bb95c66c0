namespace Mlops.Statistics;

/// <summary>Several samples as the ordered groups of their equal values.</summary>
internal sealed class TiedGroups
{
    private TiedGroups(int[] sampleSizes, int[] sizes, int[] counts)
    {
        SampleSizes = sampleSizes;
        Sizes = sizes;
        Counts = counts;
    }

    /// <summary>Values per sample.</summary>
    public int[] SampleSizes { get; }

    /// <summary>Values per group, in ascending order of the value.</summary>
    public int[] Sizes { get; }

    /// <summary>Values by group, then by sample.</summary>
    public int[] Counts { get; }

    public int Total => SampleSizes.Sum();

    public static TiedGroups Of(IReadOnlyList<double[]> samples)
    {
        int k = samples.Count;
        long total = 0;
        double[][] sorted = new double[k][];
        for (int i = 0; i < k; i++)
        {
            ArgumentNullException.ThrowIfNull(samples[i], nameof(samples));
            sorted[i] = SampleSort.Sorted(samples[i]);
            total += sorted[i].Length;
        }

        if (total > int.MaxValue)
            throw new ArgumentException($"At most {int.MaxValue} values are taken in all samples; there are {total}.", nameof(samples));
        double[] pooled = new double[total];
        int[] from = new int[total];
        int filled = 0;
        for (int i = 0; i < k; i++)
        {
            sorted[i].CopyTo(pooled, filled);
            from.AsSpan(filled, sorted[i].Length).Fill(i);
            filled += sorted[i].Length;
        }

        Array.Sort(pooled, from);
        List<int> sizes = [], counts = [];
        for (int start = 0; start < filled;)
        {
            int end = start;
            int[] here = new int[k];
            for (; end < filled && pooled[end] == pooled[start]; end++)
                here[from[end]]++;
            sizes.Add(end - start);
            counts.AddRange(here);
            start = end;
        }

        return new(Array.ConvertAll(sorted, static s => s.Length), [.. sizes], [.. counts]);
    }
}
