using System.Numerics;

namespace Mlops.Statistics;

/// <summary>
/// The two-sample Epps-Singleton (1986) test: the empirical characteristic functions at 0.4 and 0.8, in units of half the pooled
/// interquartile range, compared by a Wald statistic. It needs no continuity: ties and integers are as good as any data.
/// </summary>
/// <remarks>
/// The statistic is chi-squared with as many degrees of freedom as the covariance has rank, at most four; below 25 values a side it is
/// shrunk by the authors' correction (Goerg and Kaiser 2009), as in scipy. Around 30 values a side it still alarms in 6 to 9 % at a nominal 5 %.
/// The effect is the Kolmogorov-Smirnov distance D with its 95 % interval. Each sample needs five finite values; others are ignored.
/// </remarks>
public static class EppsSingleton
{
    private const int FewestValues = 5;
    private const int SmallSample = 25;
    private const int Functions = 4;

    private static readonly double[] Frequencies = [0.4, 0.8];

    /// <summary>Compares two samples in any order; neither is modified.</summary>
    public static TwoSampleResult Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) => TestFinite(Finite(reference), Finite(current));

    /// <inheritdoc cref="Test(ReadOnlySpan{double}, ReadOnlySpan{double})"/>
    public static TwoSampleResult Test(ReadOnlySpan<float> reference, ReadOnlySpan<float> current) => TestFinite(Finite(reference), Finite(current));

    private static TwoSampleResult TestFinite(double[] x, double[] y)
    {
        if (x.Length == 0 || y.Length == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, x.Length, y.Length);
        if (x.Length < FewestValues || y.Length < FewestValues)
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, x.Length, y.Length);
        double[] pooled = SampleSort.Sorted((double[])[.. x, .. y]);
        double scale = (SampleSort.Quantile(pooled, 0.75) - SampleSort.Quantile(pooled, 0.25)) / 2;
        if (!(scale > 0))
            return TwoSampleResult.NotComputable(NotComputableReason.ConstantSample, x.Length, y.Length);
        if (!double.IsFinite(scale))
            return TwoSampleResult.NotComputable(NotComputableReason.NumericOverflow, x.Length, y.Length);

        double total = x.Length + y.Length;
        var covariance = new double[Functions, Functions];
        double[] ofReference = Means(x, scale, total / x.Length, covariance), ofCurrent = Means(y, scale, total / y.Length, covariance);
        double[] difference = new double[Functions];
        for (int k = 0; k < Functions; k++)
            difference[k] = ofReference[k] - ofCurrent[k];
        // Waves are at most 1, so a variance this small is the rounding of a constant sample's mean.
        double rounding = 1e-28 * ((total / x.Length) + (total / y.Length));
        (double quadratic, int rank) = SymmetricInverse.QuadraticForm(covariance, difference, rounding);
        if (rank == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.ConstantSample, x.Length, y.Length);
        double statistic = total * quadratic;
        if (int.Max(x.Length, y.Length) < SmallSample)
            statistic /= 1 + Math.Pow(total, -0.45) + (10.1 * (Math.Pow(x.Length, -1.7) + Math.Pow(y.Length, -1.7)));
        TwoSampleResult result = new()
        {
            Statistic = statistic,
            DegreesOfFreedom = rank,
            Effect = DistributionGap.Of(TiedSamples.Of(SampleSort.Sorted(x), SampleSort.Sorted(y)), x.Length, y.Length),
            ReferenceCount = x.Length,
            CurrentCount = y.Length,
        };
        return result.WithLogP(ChiSquaredDistribution.LogSurvival(statistic, rank), PValueKind.Asymptotic);
    }

    /// <summary>Means of the cosines and sines; adds their covariance, divided by n and weighted, to <paramref name="covariance"/>.</summary>
    private static double[] Means(double[] values, double scale, double weight, double[,] covariance)
    {
        double[] means = new double[Functions];
        double[] waves = new double[Functions * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            for (int f = 0; f < Frequencies.Length; f++)
            {
                double angle = values[i] * (Frequencies[f] / scale);
                waves[(f * values.Length) + i] = Math.Cos(angle);
                waves[((f + Frequencies.Length) * values.Length) + i] = Math.Sin(angle);
            }
        }

        for (int k = 0; k < Functions; k++)
        {
            foreach (double wave in waves.AsSpan(k * values.Length, values.Length))
                means[k] += wave;
            means[k] /= values.Length;
        }

        for (int k = 0; k < Functions; k++)
        {
            for (int l = 0; l <= k; l++)
            {
                double sum = 0;
                for (int i = 0; i < values.Length; i++)
                    sum += (waves[(k * values.Length) + i] - means[k]) * (waves[(l * values.Length) + i] - means[l]);
                covariance[k, l] += weight * sum / values.Length;
                covariance[l, k] = covariance[k, l];
            }
        }

        return means;
    }

    private static double[] Finite<T>(ReadOnlySpan<T> values)
        where T : IFloatingPointIeee754<T>
    {
        List<double> finite = new(values.Length);
        foreach (T value in values)
        {
            if (T.IsFinite(value))
                finite.Add(double.CreateChecked(value));
        }

        return [.. finite];
    }
}
