namespace Mlops.Statistics;

/// <summary>Which noncentralities an observed chi-squared statistic is compatible with.</summary>
internal static class NoncentralChiSquared
{
    /// <summary>
    /// The 95 % interval of the noncentrality: the values under which the statistic would be neither in the lower nor in the upper 2.5 % (Smithson
    /// 2003), by Sankaran's (1963) normal approximation of the law; ends within 0.2 % of the upper one.
    /// </summary>
    public static (double Lower, double Upper) Interval(double statistic, double degreesOfFreedom) => (
        Noncentrality(statistic, degreesOfFreedom, NormalDistribution.TwoSided95),
        Noncentrality(statistic, degreesOfFreedom, -NormalDistribution.TwoSided95));

    /// <summary>The noncentrality under which the statistic lies at the normal deviate <paramref name="z"/>; 0 where it lies below even without any.</summary>
    private static double Noncentrality(double statistic, double freedom, double z)
    {
        if (Deviate(statistic, freedom, 0) <= z)
            return 0;
        double low = 0, high = double.Max(1, statistic);
        while (Deviate(statistic, freedom, high) > z)
            (low, high) = (high, 2 * high);
        for (int i = 0; i < 60 && high - low > 1e-12 * high; i++)
        {
            double middle = 0.5 * (low + high);
            if (Deviate(statistic, freedom, middle) > z)
                low = middle;
            else
                high = middle;
        }

        return 0.5 * (low + high);
    }

    private static double Deviate(double statistic, double freedom, double noncentrality)
    {
        double mean = freedom + noncentrality, twice = freedom + (2 * noncentrality);
        double h = 1 - (2.0 / 3 * mean * (freedom + (3 * noncentrality)) / (twice * twice));
        double p = twice / (mean * mean), m = (h - 1) * (1 - (3 * h));
        double centre = 1 + (h * p * (h - 1 - (0.5 * (2 - h) * m * p)));
        return (Math.Pow(statistic / mean, h) - centre) / (h * Math.Sqrt(2 * p) * (1 + (0.5 * m * p)));
    }
}
