namespace Mlops.Tuning;

/// <summary>
/// The logarithm of the expected improvement below a value, which keeps its digits and its gradient where the improvement itself underflows.
/// Ament et al.: Unexpected improvements to expected improvement (arXiv 2310.20708). With z = (best - mean)/deviation it is
/// log deviation + log(phi(z) + z Phi(z)).
/// </summary>
internal static class ExpectedImprovement
{
    // Below it 1 + z Phi/phi is taken from the asymptotic series, whose next term is smaller than the rounding of the difference.
    private const double Far = -25;

    /// <summary>The value, and its derivatives by mean and variance.</summary>
    public static double Log(double best, double mean, double variance, out double byMean, out double byVariance)
    {
        double deviation = Math.Sqrt(variance + 1e-12);
        double z = (best - mean) / deviation;
        double density = (-0.5 * z * z) - NormalLaw.LogSqrtTwoPi;
        if (z > 0)
        {
            double cumulative = NormalLaw.Cumulative(z);
            double gain = Math.Exp(density) + (z * cumulative);
            byMean = -cumulative / (deviation * gain);
            byVariance = 0.5 * Math.Exp(density) / (deviation * deviation * gain);
            return Math.Log(deviation) + Math.Log(gain);
        }

        // Below 0 the density is taken out, so that neither it nor the cumulative probability underflows.
        double ratio = Math.Exp(LogCumulative(z) - density);
        double excess = z > Far ? 1 + (z * ratio) : (1 / (z * z)) - (3 / (z * z * z * z)) + (15 / (z * z * z * z * z * z));
        byMean = -ratio / (deviation * excess);
        byVariance = 0.5 / (deviation * deviation * excess);
        return Math.Log(deviation) + density + Math.Log(excess);
    }

    /// <summary>log P(Z &lt;= z).</summary>
    public static double LogCumulative(double z) => z > 0 ? Math.Log(NormalLaw.Cumulative(z)) : NormalLaw.LogTail(-z);
}
