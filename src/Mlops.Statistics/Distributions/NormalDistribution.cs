namespace Mlops.Statistics;

/// <summary>The standard normal law. Relative error at most 1e-12 in either tail. NaN gives NaN.</summary>
public static class NormalDistribution
{
    /// <summary>The deviate that 2.5 % lie above.</summary>
    internal const double TwoSided95 = 1.959963984540054;

    /// <summary>P(Z &gt; z).</summary>
    public static double Survival(double z) => double.IsNaN(z) ? z
        : z >= 0 ? 0.5 * IncompleteGamma.Upper(0.5, 0.5 * z * z) : 1 - Survival(-z);

    /// <summary>log P(Z &gt; z), finite far beyond the underflow of <see cref="Survival"/> (z about 38).</summary>
    public static double LogSurvival(double z) => double.IsNaN(z) ? z
        : z >= 0 ? IncompleteGamma.LogUpper(0.5, 0.5 * z * z) - Math.Log(2)
        : SaddlePoint.LogOnePlus(-Survival(-z));

    /// <summary>P(Z &lt;= z).</summary>
    public static double Cumulative(double z) => Survival(-z);

    /// <summary>The z with P(Z &lt;= z) = <paramref name="probability"/>; infinite at 0 and 1.</summary>
    /// <param name="probability">0 to 1.</param>
    public static double Quantile(double probability)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        if (probability > 0.5)
            return SurvivalQuantile(1 - probability);
        return -SurvivalQuantile(probability);
    }

    /// <summary>The z with P(Z &gt; z) = <paramref name="probability"/>, accurate for probabilities far below 1e-16.</summary>
    public static double SurvivalQuantile(double probability)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        if (probability == 0)
            return double.PositiveInfinity;
        if (probability > 0.5)
            return -SurvivalQuantile(1 - probability);
        if (probability == 0.5)
            return 0;

        // Abramowitz and Stegun 26.2.23 starts within 4.5e-4; Newton on the logarithm of the tail finishes.
        double t = Math.Sqrt(-2 * Math.Log(probability));
        double z = t - ((2.515517 + (t * (0.802853 + (t * 0.010328)))) / (1 + (t * (1.432788 + (t * (0.189269 + (t * 0.001308)))))));
        double target = Math.Log(probability);
        for (int i = 0; i < 20; i++)
        {
            double log = LogSurvival(z);
            double hazard = Math.Exp((-0.5 * z * z) - 0.918938533204672741780329736406 - log);
            double step = (log - target) / hazard;
            z += step;
            if (Math.Abs(step) <= 1e-15 * double.Max(1, Math.Abs(z)))
                break;
        }

        return z;
    }
}
