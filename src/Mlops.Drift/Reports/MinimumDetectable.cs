using System.Collections.Concurrent;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The effect a test finds with probability 0.8 or more, from the (effective) sizes of both samples.</summary>
internal static class MinimumDetectable
{
    private const double Power = 0.8;

    private static readonly double PowerQuantile = NormalDistribution.Quantile(Power);
    private static readonly ConcurrentDictionary<(double Freedom, double Alpha), double> Noncentralities = new();

    /// <summary>
    /// The critical distance plus the margin that the largest gap needs: its estimate is at worst a difference of two shares
    /// of one half.
    /// </summary>
    public static double Distance(double n, double m, double alpha)
    {
        double low = 0, high = 1;
        for (int i = 0; i < 40; i++)
        {
            double middle = 0.5 * (low + high);
            if (KolmogorovSmirnov.EffectivePValue(middle, n, m) > alpha)
                low = middle;
            else
                high = middle;
        }

        return Math.Min(1, high + (0.5 * PowerQuantile * Math.Sqrt((1 / n) + (1 / m))));
    }

    /// <summary>The noncentrality that the chi-squared test finds, scaled as the stability index is.</summary>
    public static double StabilityIndex(double n, double m, double freedom, double alpha) =>
        ((1 / n) + (1 / m)) * Noncentralities.GetOrAdd((freedom, alpha), static key => Noncentrality(key.Freedom, key.Alpha));

    public static double Share(double pooled, double n, double m, double alpha)
    {
        double variance = Math.Max(pooled * (1 - pooled), 1 / Math.Min(n, m));
        return Math.Min(1, (NormalDistribution.SurvivalQuantile(alpha / 2) + PowerQuantile) * Math.Sqrt(variance * ((1 / n) + (1 / m))));
    }

    /// <summary>The area under the curve that the one-sided Mann-Whitney test finds, by its normal limit (variance under equal laws); null without rows.</summary>
    public static double? Area(int n, int m, double alpha) => n == 0 || m == 0
        ? null
        : Math.Min(1, 0.5 + ((NormalDistribution.SurvivalQuantile(alpha) + PowerQuantile) * Math.Sqrt((n + m + 1.0) / (12.0 * n * m))));

    private static double Noncentrality(double freedom, double alpha)
    {
        double critical = ChiSquaredDistribution.SurvivalQuantile(alpha, freedom);
        double low = 0, high = 1;
        while (PowerAt(high, critical, freedom) < Power)
            high *= 2;
        for (int i = 0; i < 40; i++)
        {
            double middle = 0.5 * (low + high);
            if (PowerAt(middle, critical, freedom) < Power)
                low = middle;
            else
                high = middle;
        }

        return high;
    }

    /// <summary>The noncentral law as its Poisson mixture of central ones.</summary>
    private static double PowerAt(double noncentrality, double critical, double freedom)
    {
        double half = noncentrality / 2;
        double weight = Math.Exp(-half), sum = 0, used = 0;
        for (int j = 0; used < 1 - 1e-9 && j < 10_000; j++)
        {
            sum += weight * ChiSquaredDistribution.Survival(critical, freedom + (2 * j));
            used += weight;
            weight *= half / (j + 1);
        }

        return sum;
    }
}
