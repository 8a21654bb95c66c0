namespace Mlops.Statistics;

/// <summary>The largest gap between two distribution functions as an effect, with the bounds that hold whatever the law.</summary>
internal static class DistributionGap
{
    /// <summary>A gap D between samples of <paramref name="n"/> and <paramref name="m"/> values.</summary>
    public static EffectSize Of(double gap, double n, double m) => Within(gap, Margin(n) + Margin(m));

    /// <summary>Kuiper's sum of the largest gaps to either side, each of which may be off by both margins.</summary>
    public static EffectSize OfBothSides(double gap, double n, double m) => Within(gap, 2 * (Margin(n) + Margin(m)));

    /// <summary>D of two samples that were grouped.</summary>
    public static EffectSize Of(TiedSamples samples, double n, double m) =>
        Of(default(LargestGap).Of(samples.First, samples.Second) / (n * m), n, m);

    private static EffectSize Within(double gap, double margin) => new(gap, double.Max(0, gap - margin), double.Min(1, gap + margin));

    /// <summary>Half width of a 97.5 % band around one empirical distribution (Massart 1990); together two bands hold with 95 %.</summary>
    private static double Margin(double n) => Math.Sqrt(Math.Log(2 / 0.025) / (2.0 * n));
}
