namespace Mlops.Statistics;

/// <summary>
/// The limit law of the Cramer-von Mises statistic: the sum of chi-squared variables over (pi j)^2. Its upper tail is accurate to about
/// 1e-12, relative, at any exponent.
/// </summary>
internal static class CramerVonMisesDistribution
{
    // Below, the lower tail is less than 1e-8 of 1.
    private const double Smallest = 0.003;

    /// <summary>log P(X &gt; x).</summary>
    public static double LogSurvival(double x)
    {
        if (!(x > Smallest))
            return 0;
        return SmirnovSeries.LogSurvival(x, static (k, v) => 0.5 * Root(k, v) * Root(k, v), static (k, v) => 2 / Math.PI / Math.Sqrt(Root(k, v)));
    }

    private static double Root(int k, double v) => (((2 * k) - 1) * Math.PI) + v;
}
