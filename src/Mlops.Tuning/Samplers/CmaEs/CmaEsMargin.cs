namespace Mlops.Tuning;

/// <summary>
/// Keeps parameters on a grid alive: a distribution that has shrunk into one cell would never leave it again. After each generation the mean
/// moves and the deviation grows just so far that the cells on either side keep a least probability.
/// </summary>
/// <remarks>Hamano, Saito, Nomura, Shirakawa: CMA-ES with margin (arXiv 2205.13482), with the margin 1/(d lambda) of the paper.</remarks>
internal static class CmaEsMargin
{
    /// <summary>Corrects one dimension.</summary>
    /// <param name="mean">The mean along it.</param>
    /// <param name="deviation">The standard deviation along it.</param>
    /// <param name="below">Where the mean's cell ends below, or negative infinity.</param>
    /// <param name="above">Where it ends above, or infinity.</param>
    /// <param name="margin">The least probability of all other cells together, 0 to 1/2.</param>
    public static (double Mean, double Deviation) Correct(double mean, double deviation, double below, double above, double margin)
    {
        if (double.IsInfinity(below) && double.IsInfinity(above))
        {
            return (mean, deviation);
        }

        if (double.IsInfinity(below) || double.IsInfinity(above))
        {
            double threshold = double.IsInfinity(below) ? above : below;
            double farthest = -deviation * NormalLaw.Quantile(margin);
            return (threshold + Math.Clamp(mean - threshold, -farthest, farthest), deviation);
        }

        double half = margin / 2;
        double low = NormalLaw.Cumulative((below - mean) / deviation);
        double high = NormalLaw.Cumulative((mean - above) / deviation);
        if (low >= half && high >= half)
        {
            return (mean, deviation);
        }

        double middle = Math.Max(0, 1 - low - high);
        low = Math.Max(low, half);
        high = Math.Max(high, half);
        double excess = 1 - low - middle - high;
        double room = low + middle + high - (3 * half);
        low += excess * (low - half) / room;
        high += excess * (high - half) / room;
        double lower = -NormalLaw.Quantile(low);
        double upper = -NormalLaw.Quantile(high);
        return (((below * upper) + (above * lower)) / (lower + upper), (above - below) / (lower + upper));
    }
}
