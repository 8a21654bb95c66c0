namespace Mlops.Statistics;

/// <summary>
/// Adjusted p-values for many tests at once: reject where the adjusted value is at or below the level. Inputs are p-values
/// in [0, 1] in any order; outputs keep that order and are clamped to 1.
/// </summary>
public static class MultipleTesting
{
    /// <summary>Bonferroni: familywise error under any dependence.</summary>
    public static double[] Bonferroni(ReadOnlySpan<double> pValues)
    {
        Check(pValues);
        double[] adjusted = new double[pValues.Length];
        for (int i = 0; i < adjusted.Length; i++)
            adjusted[i] = double.Min(1, pValues[i] * pValues.Length);
        return adjusted;
    }

    /// <summary>Holm (1979), step-down: familywise error under any dependence, never weaker than Bonferroni.</summary>
    public static double[] Holm(ReadOnlySpan<double> pValues)
    {
        int[] order = Order(pValues);
        double[] adjusted = new double[order.Length];
        double running = 0;
        for (int rank = 0; rank < order.Length; rank++)
        {
            running = double.Max(running, double.Min(1, (order.Length - rank) * pValues[order[rank]]));
            adjusted[order[rank]] = running;
        }

        return adjusted;
    }

    /// <summary>Hochberg (1988), step-up: familywise error for independent or positively dependent tests.</summary>
    public static double[] Hochberg(ReadOnlySpan<double> pValues) => StepUp(pValues, static (rank, n) => n - rank);

    /// <summary>Benjamini and Hochberg (1995): false discovery rate for independent or positively dependent tests.</summary>
    public static double[] BenjaminiHochberg(ReadOnlySpan<double> pValues) => StepUp(pValues, static (rank, n) => (double)n / (rank + 1));

    /// <summary>Benjamini and Yekutieli (2001): false discovery rate under any dependence.</summary>
    public static double[] BenjaminiYekutieli(ReadOnlySpan<double> pValues)
    {
        double harmonic = 0;
        for (int k = 1; k <= pValues.Length; k++)
            harmonic += 1.0 / k;
        return StepUp(pValues, (rank, n) => harmonic * n / (rank + 1));
    }

    /// <summary>
    /// Fisher's (1925) test of the hypothesis that every null is true, for independent p-values: -2 times the sum of their logarithms is
    /// chi-squared with two degrees of freedom each. A p-value of 0 makes the statistic infinite; of none at all the combination is 1.
    /// </summary>
    public static (double Statistic, double PValue) CombineFisher(ReadOnlySpan<double> pValues)
    {
        Check(pValues);
        double sum = 0;
        foreach (double p in pValues)
            sum -= 2 * Math.Log(p);
        return (sum, pValues.IsEmpty ? 1 : ChiSquaredDistribution.Survival(sum, 2.0 * pValues.Length));
    }

    private static double[] StepUp(ReadOnlySpan<double> pValues, Func<int, int, double> factor)
    {
        int[] order = Order(pValues);
        double[] adjusted = new double[order.Length];
        double running = 1;
        for (int rank = order.Length - 1; rank >= 0; rank--)
        {
            running = double.Min(running, factor(rank, order.Length) * pValues[order[rank]]);
            adjusted[order[rank]] = running;
        }

        return adjusted;
    }

    private static int[] Order(ReadOnlySpan<double> pValues)
    {
        Check(pValues);
        double[] keys = pValues.ToArray();
        int[] order = new int[keys.Length];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(keys, order);
        return order;
    }

    private static void Check(ReadOnlySpan<double> pValues)
    {
        for (int i = 0; i < pValues.Length; i++)
        {
            if (!(pValues[i] >= 0 && pValues[i] <= 1))
                throw new ArgumentException($"P-values must lie in [0, 1]; number {i} is {pValues[i]}.", nameof(pValues));
        }
    }
}
