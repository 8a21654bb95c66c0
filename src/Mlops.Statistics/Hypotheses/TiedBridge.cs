namespace Mlops.Statistics;

/// <summary>
/// The limit law of the Kolmogorov-Smirnov statistic under ties: the probability that a Brownian bridge exceeds a level
/// somewhere it is observed. Inside a tied group it is not observed; elsewhere it is, all the time.
/// </summary>
/// <remarks>
/// The density of the bridge that has stayed inside is carried over groups by Gauss-Legendre quadrature: the heat kernel
/// across a tied group, the heat kernel killed at both limits (method of images) across the values between. Groups
/// below 1/128 of the values count as untied, which errs towards larger p-values.
/// </remarks>
internal static class TiedBridge
{
    /// <summary>The share of all values from which on a group counts as tied.</summary>
    public const double SmallestShare = 1.0 / 128;

    private const double HighestLevel = 4;
    private const double LeastAccurate = 1e-9;

    /// <summary>P(sup |B| &gt;= level) over the observed points; null where quadrature has no accurate digits or nothing is tied enough.</summary>
    public static double? Survival(ReadOnlySpan<int> groups, double level)
    {
        if (level <= 0)
            return 1;
        if (level > HighestLevel)
            return null;
        List<Segment> segments = Split(groups);
        if (!segments.Exists(s => s.Tied))
            return null;
        (double[] nodes, double[] weights) = GaussLegendre.On(-level, level, 48 + (int)(48 * level));
        double[] density = new double[nodes.Length], next = new double[nodes.Length];
        double stayed = 0;
        for (int k = 0; k < segments.Count; k++)
        {
            Segment segment = segments[k];
            bool last = k == segments.Count - 1;
            if (last)
            {
                stayed = k == 0 ? Kernel(segment, 0, 0, level) : Carry(density, weights, nodes, segment, 0, level);
                break;
            }

            for (int j = 0; j < nodes.Length; j++)
                next[j] = k == 0 ? Kernel(segment, 0, nodes[j], level) : Carry(density, weights, nodes, segment, nodes[j], level);
            (density, next) = (next, density);
        }

        // A bridge is a motion that ends at 0, where the free density is 1 / sqrt(2 pi).
        double p = 1 - (stayed * Math.Sqrt(2 * Math.PI));
        return p >= LeastAccurate ? double.Min(1, p) : null;
    }

    private static double Carry(double[] density, double[] weights, double[] nodes, Segment segment, double to, double level)
    {
        double sum = 0;
        for (int i = 0; i < nodes.Length; i++)
            sum += weights[i] * density[i] * Kernel(segment, nodes[i], to, level);
        return sum;
    }

    private static double Kernel(Segment segment, double from, double to, double level)
    {
        double variance = segment.Share;
        double free = Heat(to - from, variance);
        if (segment.Tied)
            return free;
        double width = 4 * level;
        double mirrored = from + to + (2 * level);
        double sum = free - Heat(mirrored, variance) - Heat(mirrored - width, variance);
        for (int k = 1; k <= 4; k++)
        {
            double shift = k * width;
            sum += Heat(to - from + shift, variance) + Heat(to - from - shift, variance)
                - Heat(mirrored + shift, variance) - Heat(mirrored - width - shift, variance);
        }

        return double.Max(0, sum);
    }

    private static double Heat(double distance, double variance)
    {
        double exponent = distance * distance / (2 * variance);
        return exponent > 700 ? 0 : Math.Exp(-exponent) / Math.Sqrt(2 * Math.PI * variance);
    }

    /// <summary>Alternates untied stretches and tied groups; stretches too short for the nodes join the group after them.</summary>
    private static List<Segment> Split(ReadOnlySpan<int> groups)
    {
        double total = 0;
        foreach (int size in groups)
            total += size;
        List<Segment> segments = [];
        double smooth = 0;
        foreach (int size in groups)
        {
            if (size < SmallestShare * total)
            {
                smooth += size;
                continue;
            }

            if (smooth >= SmallestShare * total)
            {
                segments.Add(new(smooth / total, Tied: false));
                smooth = 0;
            }

            segments.Add(new((smooth + size) / total, Tied: true));
            smooth = 0;
        }

        if (smooth >= SmallestShare * total || segments.Count == 0)
            segments.Add(new(smooth / total, Tied: false));
        else if (smooth > 0)
            segments[^1] = segments[^1] with { Share = segments[^1].Share + (smooth / total) };
        return segments;
    }

    private readonly record struct Segment(double Share, bool Tied);
}
