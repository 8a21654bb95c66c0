namespace Mlops.Statistics;

/// <summary>The chi-squared law. Relative error at most 1e-12 in the upper tail.</summary>
public static class ChiSquaredDistribution
{
    /// <summary>P(X &gt; x) with <paramref name="degreesOfFreedom"/> &gt; 0, not necessarily an integer.</summary>
    public static double Survival(double x, double degreesOfFreedom) =>
        x <= 0 ? 1 : IncompleteGamma.Upper(Half(degreesOfFreedom), 0.5 * x);

    /// <summary>log P(X &gt; x), which does not underflow.</summary>
    public static double LogSurvival(double x, double degreesOfFreedom) =>
        x <= 0 ? 0 : IncompleteGamma.LogUpper(Half(degreesOfFreedom), 0.5 * x);

    /// <summary>The x with P(X &lt;= x) = <paramref name="probability"/>.</summary>
    public static double Quantile(double probability, double degreesOfFreedom)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        return SurvivalQuantile(1 - probability, degreesOfFreedom);
    }

    /// <summary>The x with P(X &gt; x) = <paramref name="probability"/>: the critical value at that level.</summary>
    public static double SurvivalQuantile(double probability, double degreesOfFreedom)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        double a = Half(degreesOfFreedom);
        if (probability == 0)
            return double.PositiveInfinity;
        if (probability == 1)
            return 0;

        // Newton on the logarithm of the tail, kept inside a bracket that bisection can always fall back on.
        double target = Math.Log(probability);
        double low = 0, high = double.Max(1, degreesOfFreedom);
        while (LogSurvival(high, degreesOfFreedom) > target)
        {
            low = high;
            high *= 2;
        }

        double x = WilsonHilferty(probability, degreesOfFreedom);
        if (!(x > low && x < high))
            x = 0.5 * (low + high);
        for (int i = 0; i < 200; i++)
        {
            double log = LogSurvival(x, degreesOfFreedom);
            if (log > target)
                low = x;
            else
                high = x;
            double density = Math.Exp(SaddlePoint.LogPoisson(a, 0.5 * x)) * a / x;
            double next = x + ((log - target) * Math.Exp(log) / density);
            if (!(next > low && next < high))
                next = 0.5 * (low + high);
            bool done = Math.Abs(next - x) <= 1e-15 * x;
            x = next;
            if (done)
                break;
        }

        return x;
    }

    private static double WilsonHilferty(double probability, double degreesOfFreedom)
    {
        double spread = 2 / (9 * degreesOfFreedom);
        double root = 1 - spread + (NormalDistribution.SurvivalQuantile(probability) * Math.Sqrt(spread));
        return degreesOfFreedom * root * root * root;
    }

    private static double Half(double degreesOfFreedom)
    {
        if (!(degreesOfFreedom > 0) || double.IsInfinity(degreesOfFreedom))
            throw new ArgumentOutOfRangeException(nameof(degreesOfFreedom), degreesOfFreedom, "Positive, finite degrees of freedom are needed.");
        return 0.5 * degreesOfFreedom;
    }
}
