namespace Mlops.Statistics;

/// <summary>
/// Welch's t-test that two means are equal, without assuming equal variances, two-sided. It needs finite variances: on
/// heavy tails such as Pareto(1.5) its level is not held, so it is never a default choice here.
/// </summary>
/// <remarks>
/// The statistic is (reference mean - current mean) / standard error, degrees of freedom by Satterthwaite (1946); the
/// effect is current minus reference mean with its 95 % interval. Values that are not finite are ignored.
/// </remarks>
public static class Welch
{
    /// <summary>Compares two samples.</summary>
    public static TwoSampleResult Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        Test(Moments.Of(reference), Moments.Of(current));

    /// <inheritdoc cref="Test(ReadOnlySpan{double}, ReadOnlySpan{double})"/>
    public static TwoSampleResult Test(ReadOnlySpan<float> reference, ReadOnlySpan<float> current) =>
        Test(Moments.Of(reference), Moments.Of(current));

    /// <summary>Compares two samples by their moments, which may be merged from parts.</summary>
    public static TwoSampleResult Test(in Moments reference, in Moments current)
    {
        if (reference.Count == 0 || current.Count == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, reference.Count, current.Count);
        if (reference.Count < 2 || current.Count < 2)
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, reference.Count, current.Count);
        if (reference.Variance is not double v0 || current.Variance is not double v1 || Moments.Difference(reference, current) is not double shift)
            return TwoSampleResult.NotComputable(NotComputableReason.NumericOverflow, reference.Count, current.Count);
        double a = v0 / reference.Count, b = v1 / current.Count;
        double squared = a + b;
        if (!(squared > 0))
        {
            return TwoSampleResult.NotComputable(NotComputableReason.ConstantSample, reference.Count, current.Count) with
            {
                Effect = new EffectSize(shift),
            };
        }

        double error = Math.Sqrt(squared);
        double x = a / squared, y = b / squared;
        double freedom = 1 / ((x * x / (reference.Count - 1)) + (y * y / (current.Count - 1)));
        double t = -shift / error;
        double half = StudentDistribution.TwoSidedQuantile(0.05, freedom) * error;
        TwoSampleResult result = new()
        {
            Statistic = t,
            DegreesOfFreedom = freedom,
            Effect = new EffectSize(shift, shift - half, shift + half),
            ReferenceCount = reference.Count,
            CurrentCount = current.Count,
        };
        return result.WithLogP(StudentDistribution.LogTwoSided(t, freedom), PValueKind.Asymptotic);
    }
}
