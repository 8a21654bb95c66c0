using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics;

/// <summary>Seeded data of the statistics benchmarks.</summary>
internal static class Samples
{
    public const int N = 1_000_000;

    public static double[] Normal(ulong seed, int count = N, double mean = 0)
    {
        SplitMix64 random = new(seed);
        double[] values = new double[count];
        foreach (ref double x in values.AsSpan())
            x = mean + random.NextNormal();
        return values;
    }

    public static float[] ToSingle(double[] values) => Array.ConvertAll(values, v => (float)v);
}
