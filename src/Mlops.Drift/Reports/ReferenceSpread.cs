using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>How far the false alarm rate against one given reference may lie above the nominal one, which is an average over references.</summary>
internal static class ReferenceSpread
{
    /// <summary>A reference at least this many times the window keeps the bound below twice the nominal level at the default one.</summary>
    public const int ComfortableRatio = 10;

    private static readonly double Unlucky = NormalDistribution.Quantile(0.975);

    /// <summary>
    /// The multiple of the level that 95 % of references stay below, for a difference of means or shares: the reference is off by up to 1.96 of its own
    /// standard errors, sqrt(m / n) of the window's, and the test expects the variance of both.
    /// </summary>
    /// <param name="reference">Rows of the reference, n.</param>
    /// <param name="window">Rows of the window, m.</param>
    /// <param name="alpha">The level.</param>
    public static double Bound(double reference, double window, double alpha)
    {
        double ratio = window / reference, shift = Unlucky * Math.Sqrt(ratio);
        double critical = NormalDistribution.SurvivalQuantile(alpha / 2) * Math.Sqrt(1 + ratio);
        return (NormalDistribution.Survival(critical - shift) + NormalDistribution.Survival(critical + shift)) / alpha;
    }
}
