namespace Mlops.Tuning;

/// <summary>Draws trials again with replacement and reads intervals off what each draw gives.</summary>
internal static class Resampling
{
    private const double LowerLevel = 0.05;
    private const double UpperLevel = 0.95;

    public static int[] Draw(RandomStream random, int trials, int size)
    {
        int[] drawn = new int[size];
        for (int i = 0; i < size; i++)
        {
            drawn[i] = (int)random.NextBelow(trials);
        }

        return drawn;
    }

    /// <summary>Plain percentiles.</summary>
    public static (double Low, double High) Interval(double[] replicas)
    {
        Array.Sort(replicas);
        return (At(replicas, LowerLevel), At(replicas, UpperLevel));
    }

    /// <summary>
    /// Bias-corrected percentiles (Efron 1981): a divergence grows when trials repeat, so the levels move by where the estimate stands among
    /// its replicas. The estimate always lies within.
    /// </summary>
    public static (double Low, double High) Corrected(double estimate, double[] replicas)
    {
        Array.Sort(replicas);
        double below = replicas.Count(replica => replica < estimate) + (0.5 * replicas.Count(replica => replica == estimate));
        double shift = 2 * NormalLaw.Quantile(Math.Clamp(below, 0.5, replicas.Length - 0.5) / replicas.Length);
        double low = At(replicas, NormalLaw.Cumulative(shift + NormalLaw.Quantile(LowerLevel)));
        double high = At(replicas, NormalLaw.Cumulative(shift + NormalLaw.Quantile(UpperLevel)));
        return (Math.Min(low, estimate), Math.Max(high, estimate));
    }

    private static double At(double[] sorted, double level) =>
        sorted[Math.Clamp((int)Math.Round(level * (sorted.Length - 1)), 0, sorted.Length - 1)];
}
