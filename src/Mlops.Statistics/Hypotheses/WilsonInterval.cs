namespace Mlops.Statistics;

/// <summary>Wilson's (1927) 95 % score interval of a share.</summary>
internal static class WilsonInterval
{
    public static (double Lower, double Upper) Of(double hits, double count)
    {
        const double Z = NormalDistribution.TwoSided95;
        double share = hits / count;
        double center = share + (Z * Z / (2 * count));
        double half = Z * Math.Sqrt((share * (1 - share) / count) + (Z * Z / (4 * count * count)));
        double scale = 1 + (Z * Z / count);
        return (double.Max(0, (center - half) / scale), double.Min(1, (center + half) / scale));
    }
}
