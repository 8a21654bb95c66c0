namespace Mlops.Statistics;

/// <summary>What the compactions of a <see cref="KllSketch"/> can cost.</summary>
internal static class KllError
{
    /// <summary>
    /// A bound on sup |estimated rank - rank| / n that holds with probability 1 - delta, from sigma, the root of
    /// <see cref="KllLevels.Variance"/> over n.
    /// </summary>
    /// <remarks>
    /// The error at a fixed x is a sum of independent signs, so it exceeds sigma sqrt(2 ln(2 / d)) with probability at most d (Hoeffding
    /// 1963). With d = delta / J that holds at J cuts of the sample at once, and between neighbouring cuts both ranks are monotone and
    /// differ by at most 1 / (J + 1). Ties are no exception: break them in any fixed order. Every J is valid; this one is near the best.
    /// </remarks>
    public static double Uniform(double sigma, double delta)
    {
        if (sigma == 0)
            return 0;
        double cuts = 1 / sigma;
        for (int i = 0; i < 4; i++)
            cuts = double.Max(1, Math.Ceiling(Factor(cuts, delta) / sigma));
        return double.Min(1, (sigma * Factor(cuts, delta)) + (1 / (cuts + 1)));

        static double Factor(double cuts, double delta) => Math.Sqrt(2 * Math.Log(2 * cuts / delta));
    }

    /// <summary>The sigma of one sketch of n values: the compactions depend on counts only, so counting replays them.</summary>
    public static double Sigma(int k, long n)
    {
        List<long> sizes = [0], compactions = [0];
        int block = KllLevels.BaseCapacity(k);
        for (long blocks = n / block; blocks > 0; blocks--)
        {
            compactions[0]++;
            long run = block / 2;
            for (int level = 1; run > 0; level++)
            {
                if (level == sizes.Count)
                {
                    sizes.Add(0);
                    compactions.Add(0);
                }

                long size = sizes[level] + run;
                bool full = size > KllLevels.Capacity(k, level, sizes.Count - 1);
                sizes[level] = full ? size & 1 : size;
                compactions[level] += full ? 1 : 0;
                run = full ? size / 2 : 0;
            }
        }

        double variance = 0;
        for (int level = 0; level < compactions.Count; level++)
            variance += Math.ScaleB((compactions[level] + 1) / 2, 2 * level);
        return Math.Sqrt(variance) / n;
    }
}
