namespace Mlops.Statistics;

/// <summary>The permutation p-value of a rank statistic: (b + 1) / (B + 1), where b of B random relabellings reach the observed value.</summary>
/// <remarks>
/// A rank statistic of untied values depends on the labels alone, and nearly so where ties are heavy. Were the relabellings the same in every test, so would
/// be their 95 % quantile, and a monitor's false alarms would be off by its error for good (1.5 points at 199 relabellings). So they also depend on the counts:
/// the same data give the same p-value, other data are judged by other relabellings.
/// </remarks>
internal static class Relabelling
{
    // Relabellings times values that are affordable without being asked for, half a second or so.
    private const long Affordable = 200_000_000;
    private const int Fewest = 199;
    private const int Most = 9_999;

    // Equal statistics of different labels may differ in their last digits.
    private const double Rounding = 1e-12;

    /// <summary>Relabellings of so many values: what was asked for, else what is affordable.</summary>
    public static int Rounds(RelabellingOptions options, long values) =>
        options.Permutations ?? (int)long.Clamp(Affordable / values, Fewest, Most);

    public static double PValue<TStatistic>(TiedSamples samples, TStatistic statistic, RelabellingOptions options)
        where TStatistic : IRankStatistic
    {
        int n = samples.First.Sum(), m = samples.Second.Sum();
        int rounds = Rounds(options, n + m);
        double observed = statistic.Of(samples.First, samples.Second);
        double reached = observed - (Rounding * Math.Abs(observed));
        byte[] label = new byte[n + m];
        label.AsSpan(0, n).Fill(1);
        int[] first = new int[samples.Values.Length], second = new int[samples.Values.Length];
        SplitMix64 random = new(Seed(Seed(options.Seed, samples.First), samples.Second));
        int extreme = 0;
        for (int round = 0; round < rounds; round++)
        {
            random.Shuffle(label);
            int position = 0;
            for (int group = 0; group < first.Length; group++)
            {
                int size = samples.First[group] + samples.Second[group], taken = 0;
                for (int end = position + size; position < end; position++)
                    taken += label[position];
                first[group] = taken;
                second[group] = size - taken;
            }

            extreme += statistic.Of(first, second) >= reached ? 1 : 0;
        }

        return (extreme + 1.0) / (rounds + 1.0);
    }

    /// <summary>The same for several samples; the statistic takes counts by group, then by sample.</summary>
    public static double PValue(TiedGroups groups, Func<ReadOnlySpan<int>, double> statistic, RelabellingOptions options)
    {
        int k = groups.SampleSizes.Length, total = groups.Total;
        int rounds = Rounds(options, total);
        double observed = statistic(groups.Counts);
        double reached = observed - (Rounding * Math.Abs(observed));
        int[] label = new int[total], counts = new int[groups.Counts.Length];
        int filled = 0;
        for (int sample = 0; sample < k; filled += groups.SampleSizes[sample++])
            label.AsSpan(filled, groups.SampleSizes[sample]).Fill(sample);
        SplitMix64 random = new(Seed(options.Seed, groups.Counts));
        int extreme = 0;
        for (int round = 0; round < rounds; round++)
        {
            random.Shuffle(label.AsSpan());
            Array.Clear(counts);
            int position = 0;
            for (int group = 0; group < groups.Sizes.Length; group++)
            {
                for (int end = position + groups.Sizes[group]; position < end; position++)
                    counts[(group * k) + label[position]]++;
            }

            extreme += statistic(counts) >= reached ? 1 : 0;
        }

        return (extreme + 1.0) / (rounds + 1.0);
    }

    private static ulong Seed(ulong seed, ReadOnlySpan<int> counts)
    {
        foreach (int count in counts)
            seed = StableHash.Of(seed ^ (ulong)(uint)count);
        return seed;
    }
}
