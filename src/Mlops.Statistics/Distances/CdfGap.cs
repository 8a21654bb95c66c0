namespace Mlops.Statistics;

/// <summary>The integral of |F - G|, or of its square, as a statistic of counts per distinct value.</summary>
internal readonly struct CdfGap(double[] values, bool squared) : IRankStatistic
{
    public double Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        double n = 0, m = 0;
        for (int group = 0; group < first.Length; group++)
        {
            n += first[group];
            m += second[group];
        }

        double sum = 0, gap = 0;
        for (int group = 0; group < first.Length - 1; group++)
        {
            gap += (first[group] * m) - (second[group] * n);
            double height = Math.Abs(gap) / (n * m);
            sum += (values[group + 1] - values[group]) * (squared ? height * height : height);
        }

        return sum;
    }

    /// <summary>The permutation test of two sorted samples by this integral; the distance is what the result shows, null when it overflows.</summary>
    public static TwoSampleResult Test(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double? distance, bool squared, RelabellingOptions? options)
    {
        x = CdfIntegral.Finite(x);
        y = CdfIntegral.Finite(y);
        if (x.IsEmpty || y.IsEmpty)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, x.Length, y.Length);
        if (distance is not double value)
            return TwoSampleResult.NotComputable(NotComputableReason.NumericOverflow, x.Length, y.Length);
        TiedSamples samples = TiedSamples.Of(x, y);
        TwoSampleResult result = new() { Statistic = value, Effect = new EffectSize(value), ReferenceCount = x.Length, CurrentCount = y.Length };
        return result.WithP(Relabelling.PValue(samples, new CdfGap(samples.Values, squared), options ?? new()), PValueKind.Permutation);
    }
}
