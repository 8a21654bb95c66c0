namespace Mlops.Statistics;

/// <summary>
/// The limit law of the Anderson-Darling statistic of two samples: the sum of chi-squared variables over j (j + 1). Its upper tail is
/// accurate to about 1e-12, relative, at any exponent.
/// </summary>
internal static partial class AndersonDarlingDistribution
{
    // Below, the lower tail is less than 1e-12 of 1.
    private const double Smallest = 0.05;

    /// <summary>The law's variance, 2 (pi^2 / 3 - 3); its mean is 1.</summary>
    public const double Variance = 2 * ((Math.PI * Math.PI / 3) - 3);

    /// <summary>log P(X &gt; x).</summary>
    public static double LogSurvival(double x)
    {
        if (!(x > Smallest))
            return 0;
        return SmirnovSeries.LogSurvival(
            x,
            static (k, v) => Rate(Root(k, v)),
            static (k, v) => Root(k, v) / (2 * Math.PI * Math.PI) * Math.Sqrt(2 * Math.PI / Rate(Root(k, v))));
    }

    private static double Root(int k, double v) => (4 * k) - 1 + (2 * v / Math.PI);

    private static double Rate(double root) => ((root * root) - 1) / 8;
}
