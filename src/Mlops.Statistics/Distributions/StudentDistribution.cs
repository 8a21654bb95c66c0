namespace Mlops.Statistics;

/// <summary>Student's t law. Relative error at most 1e-12 in either tail.</summary>
public static class StudentDistribution
{
    /// <summary>P(T &gt; t) with <paramref name="degreesOfFreedom"/> &gt; 0, not necessarily an integer.</summary>
    public static double Survival(double t, double degreesOfFreedom) =>
        t >= 0 ? 0.5 * Math.Exp(LogTwoSided(t, degreesOfFreedom)) : 1 - Survival(-t, degreesOfFreedom);

    /// <summary>log P(|T| &gt; |t|), which does not underflow.</summary>
    public static double LogTwoSided(double t, double degreesOfFreedom)
    {
        if (!(degreesOfFreedom > 0))
            throw new ArgumentOutOfRangeException(nameof(degreesOfFreedom), degreesOfFreedom, "Positive degrees of freedom are needed.");
        if (t == 0)
            return 0;
        double square = t * t;
        if (double.IsInfinity(square))
            return double.NegativeInfinity;
        double sum = degreesOfFreedom + square;
        return IncompleteBeta.LogValue(0.5 * degreesOfFreedom, 0.5, degreesOfFreedom / sum, square / sum);
    }

    /// <summary>The t with P(|T| &gt; t) = <paramref name="probability"/>: the half width of an interval in standard errors.</summary>
    public static double TwoSidedQuantile(double probability, double degreesOfFreedom)
    {
        if (!(probability > 0 && probability < 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability strictly between 0 and 1 is needed.");
        double target = Math.Log(probability);
        double low = 0, high = 1;
        while (LogTwoSided(high, degreesOfFreedom) > target && high < 1e300)
        {
            low = high;
            high *= 2;
        }

        for (int i = 0; i < 200 && high - low > 1e-15 * high; i++)
        {
            double middle = 0.5 * (low + high);
            if (LogTwoSided(middle, degreesOfFreedom) > target)
                low = middle;
            else
                high = middle;
        }

        return 0.5 * (low + high);
    }
}
