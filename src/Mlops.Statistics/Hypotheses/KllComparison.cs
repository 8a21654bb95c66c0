namespace Mlops.Statistics;

/// <summary>The Kolmogorov-Smirnov distance of two samples as far as their rank sketches know it.</summary>
internal static class KllComparison
{
    private const int LargestK = 1 << 20;

    /// <summary>Share of the critical distance that both rank errors may take together.</summary>
    private const double ErrorShare = 0.2;

    public static double Delta(double alpha, double? delta)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        double spent = delta ?? (alpha / 10);
        if (!(spent > 0 && spent < alpha))
            throw new ArgumentOutOfRangeException(nameof(delta), delta, $"A probability strictly between 0 and alpha = {alpha} is needed.");
        return spent;
    }

    /// <summary>Numerators |i m - j n| between which that of the samples lies with probability 1 - delta.</summary>
    public static (Int128 Lower, Int128 Upper) Bounds(KllSketch x, KllSketch y, double delta)
    {
        Int128 distance = Distance(x, y), product = (Int128)x.Count * y.Count;
        double error = x.RankError(delta / 2) + y.RankError(delta / 2);
        if (error >= 1)
            return (0, product);
        Int128 margin = (Int128)Math.Ceiling(error * (double)product);
        return (Int128.Max(0, distance - margin), Int128.Min(product, distance + margin));
    }

    /// <summary>The first k, in steps of 5 %, that is fine enough at the counts and at less of them; null if none is.</summary>
    public static int? SmallestK(long n, long m, double alpha, double delta)
    {
        for (double k = 8; k <= LargestK; k = Math.Ceiling(k * 1.05))
        {
            if (Suffices((int)k, n, m, alpha, delta) && Suffices((int)k, n - (n / 4), m - (m / 4), alpha, delta) && Suffices((int)k, n - (n / 2), m - (m / 2), alpha, delta))
                return (int)k;
        }

        return null;
    }

    private static bool Suffices(int k, long n, long m, double alpha, double delta)
    {
        double critical = Math.Sqrt(-Math.Log((alpha - delta) / 2) / 2 * ((1.0 / n) + (1.0 / m)));

        // No stream long enough to compact often does better than 0.5 / k, so counting is spared where that would not do.
        double best = KllError.Uniform(0.5 / k, delta / 2);
        if (long.Max(n, m) > 64L * int.Max(k, 2_048) && best > ErrorShare * critical)
            return false;
        return KllError.Uniform(KllError.Sigma(k, n), delta / 2) + KllError.Uniform(KllError.Sigma(k, m), delta / 2) <= ErrorShare * critical;
    }

    private static Int128 Distance(KllSketch x, KllSketch y)
    {
        (double[] left, long[] leftWeights) = x.Weighted();
        (double[] right, long[] rightWeights) = y.Weighted();
        Int128 largest = 0;
        long below = 0, other = 0;
        int i = 0, j = 0;
        while (i < left.Length && j < right.Length)
        {
            double at = double.Min(left[i], right[j]);
            for (; i < left.Length && left[i] == at; i++)
                below += leftWeights[i];
            for (; j < right.Length && right[j] == at; j++)
                other += rightWeights[j];
            largest = Int128.Max(largest, Int128.Abs(((Int128)below * y.Count) - ((Int128)other * x.Count)));
        }

        return largest;
    }
}
