namespace Mlops.Statistics.Tests;

/// <summary>Seeded samples of the shapes that statistics meet.</summary>
internal static class TestData
{
    public static double[] Normal(ulong seed, int n, double mean = 0, double deviation = 1)
    {
        SplitMix64 random = new(seed);
        double[] values = new double[n];
        foreach (ref double x in values.AsSpan())
            x = mean + (deviation * random.NextNormal());
        return values;
    }

    public static double[] Draw(ulong seed, int n, string law)
    {
        SplitMix64 random = new(seed);
        double[] values = new double[n];
        foreach (ref double x in values.AsSpan())
            x = One(ref random, law);
        return values;
    }

    public static float[] ToSingle(double[] values) => Array.ConvertAll(values, v => (float)v);

    private static double One(ref SplitMix64 random, string law) => law switch
    {
        "normal" => random.NextNormal(),
        "lognormal" => Math.Exp(random.NextNormal()),
        "pareto" => Math.Pow(1 - random.NextDouble(), -1 / 1.5),
        "discrete2" => random.NextInt(2),
        "discrete5" => random.NextInt(5),
        "discrete50" => random.NextInt(50),
        "zero-inflated" => random.NextDouble() < 0.6 ? 0 : random.NextNormal(),
        _ => throw new NotSupportedException(law),
    };

    /// <summary>The count that a binomial(n, p) exceeds with probability below about 0.001.</summary>
    public static double UpperLimit(int n, double p) => (n * p) + (3.09 * Math.Sqrt(n * p * (1 - p))) + 1;

    public static double LowerLimit(int n, double p) => (n * p) - (3.09 * Math.Sqrt(n * p * (1 - p))) - 1;
}
