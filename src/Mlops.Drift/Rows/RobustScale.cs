namespace Mlops.Drift;

/// <summary>
/// Centre and spread that a few wild values do not move: the median, and the interquartile range in units of a normal deviation. Where half of the values are equal, the spread is the median distance
/// from the centre of those that differ from it.
/// </summary>
internal readonly record struct RobustScale(double Centre, double Spread)
{
    // A value far from all others would decide alone.
    private const double Farthest = 8;

    private const double NormalRange = 1.349;
    private const double Smallest = 1e-12;

    /// <summary>Of the finite values among these; a spread of 0 where they do not vary.</summary>
    public static RobustScale Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite)];
        if (sorted.Length == 0)
            return default;
        Array.Sort(sorted);
        double centre = Quantile(sorted, 0.5), spread = (Quantile(sorted, 0.75) - Quantile(sorted, 0.25)) / NormalRange;
        double rounding = Smallest * Math.Abs(centre);
        if (spread > rounding)
            return new RobustScale(centre, Math.Min(spread, double.MaxValue));
        double[] distances = [.. sorted.Select(value => Math.Abs(value - centre)).Where(distance => distance > rounding)];
        Array.Sort(distances);
        return new RobustScale(centre, distances.Length == 0 ? 0 : Math.Min(Quantile(distances, 0.5), double.MaxValue));
    }

    /// <summary>The value in spreads from the centre, cut at eight; 0 for one that is not finite. By halves, which do not overflow.</summary>
    public double Apply(double value) => double.IsFinite(value) && Spread > 0 ? Math.Clamp(((0.5 * value) - (0.5 * Centre)) / (0.5 * Spread), -Farthest, Farthest) : 0;

    private static double Quantile(double[] sorted, double probability)
    {
        double at = probability * (sorted.Length - 1);
        int below = (int)at;
        double share = at - below;
        return share == 0 ? sorted[below] : ((1 - share) * sorted[below]) + (share * sorted[below + 1]);
    }
}
