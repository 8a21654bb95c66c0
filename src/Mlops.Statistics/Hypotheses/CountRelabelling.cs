namespace Mlops.Statistics;

/// <summary>
/// Monte Carlo tests of counts, exact whatever the counts: both margins of the table are kept and every value is dealt to one of the two
/// samples at random.
/// </summary>
internal static class CountRelabelling
{
    /// <summary>A distance of two rows of counts, larger where they differ more.</summary>
    public delegate double? Distance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current);

    public static TwoSampleResult Test(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, Distance distance, RelabellingOptions? options, EffectSize? effect = null)
    {
        Counts.Validate(reference, current);
        long n = Counts.Sum(reference), m = Counts.Sum(current);
        if (n == 0 || m == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, n, m);
        double value = distance(reference, current) ?? 0;
        TwoSampleResult result = new() { Statistic = value, Effect = effect ?? new EffectSize(value), ReferenceCount = n, CurrentCount = m };
        var statistic = new Statistic(distance, new long[reference.Length], new long[reference.Length]);
        return result.WithP(Relabelling.PValue(TiedSamples.OfCounts(reference, current), statistic, options ?? new()), PValueKind.MonteCarlo);
    }

    private readonly struct Statistic(Distance distance, long[] reference, long[] current) : IRankStatistic
    {
        public double Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
        {
            for (int i = 0; i < first.Length; i++)
                (reference[i], current[i]) = (first[i], second[i]);
            return distance(reference, current) ?? 0;
        }
    }
}
