using System.Numerics;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// The null law of Mann and Whitney's U: all ways to deal the pooled values to two samples of their sizes are equally likely. Null where the count
/// would cost too much or leave the range of a double.
/// </summary>
internal static class MannWhitneyLaw
{
    // Additions, some 10 to 20 ms.
    private const double Affordable = 2e7;

    // The least likely deal must not underflow.
    private const double LargestLogChoose = 690;

    /// <summary>
    /// P(U &lt;= u) of untied samples by the coefficients of the Gaussian binomial, which is built up factor by factor as a distribution:
    /// within 2e-12 of a big-integer count.
    /// </summary>
    public static double? LowerTail(int n, int m, long u)
    {
        int small = int.Min(n, m), large = int.Max(n, m);
        if ((double)small * (u + 1) > Affordable || !Fits(small, large))
            return null;
        if (u < 0)
            return 0;

        // Multiply by (1 - q^(large + k)) / (1 - q^k) and divide by the sum, (large + k) / k. Beyond u no coefficient is needed.
        double[] mass = new double[u + 1];
        mass[0] = 1;
        for (int k = 1; k <= small; k++)
        {
            int step = large + k;
            double share = (double)k / step;
            for (int s = mass.Length - 1; s >= step; s--)
                mass[s] -= mass[s - step];
            for (int s = 0; s < int.Min(k, mass.Length); s++)
                mass[s] *= share;
            for (int s = k; s < mass.Length; s++)
                mass[s] = (mass[s] * share) + mass[s - k];
        }

        double below = 0;
        foreach (double p in mass)
            below += p;
        return below;
    }

    /// <summary>
    /// P(|U - n m / 2| &gt;= deviation) of tied samples: the conditional law given the groups of equal values, counted group by group.
    /// All terms are positive, so the relative error is a few units of the last place.
    /// </summary>
    /// <param name="samples">Both samples.</param>
    /// <param name="twiceDeviation">Twice the observed |U - n m / 2|, an integer.</param>
    public static double? TwoSidedTied(TiedSamples samples, long twiceDeviation)
    {
        int n = samples.First.Sum(), m = samples.Second.Sum();
        int small = int.Min(n, m), large = int.Max(n, m);
        long width = (2L * n * m) + 1;
        if ((double)(n + m) * small * width > Affordable || !Fits(small, large))
            return null;

        // ways[a][v]: deals of the groups so far that give the smaller sample a values and twice U = v.
        double[][] ways = new double[small + 1][];
        for (int a = 0; a <= small; a++)
            ways[a] = new double[width];
        ways[0][0] = 1;
        long below = 0;
        for (int group = 0; group < samples.Values.Length; group++)
        {
            int size = samples.First[group] + samples.Second[group];
            for (int a = small; a > 0; a--)
                Deal(ways, a, size, below, large);
            below += size;
        }

        double extreme = 0, all = 0;
        for (int v = 0; v < width; v++)
        {
            all += ways[small][v];
            extreme += Math.Abs(v - ((long)n * m)) >= twiceDeviation ? ways[small][v] : 0;
        }

        return extreme / all;
    }

    /// <summary>Adds to ways[a] the deals in which a group of that size gives c = 1, 2, ... of its values to the smaller sample.</summary>
    private static void Deal(double[][] ways, int a, int size, long below, int large)
    {
        double choices = 1;
        for (int c = 1; c <= int.Min(a, size); c++)
        {
            choices *= (size - c + 1.0) / c;
            long othersBelow = below - (a - c);
            if (othersBelow < 0 || othersBelow > large)
                continue;

            // Each of the c values exceeds the others below and, by half, the others of the group; rounding leaves an integer.
            int shift = (int)(c * ((2 * othersBelow) + size - c));
            if (shift >= ways[a].Length)
                continue;

            // So far, twice U is at most twice the number of pairs.
            int length = (int)long.Min(ways[a].Length - shift, (2 * (a - c) * othersBelow) + 1);
            Span<double> target = ways[a].AsSpan(shift, length);
            AddTimes(ways[a - c].AsSpan(0, target.Length), Math.Round(choices), target);
        }
    }

    private static void AddTimes(ReadOnlySpan<double> source, double factor, Span<double> target)
    {
        int whole = target.Length - (target.Length % Vector<double>.Count);
        Span<Vector<double>> targets = MemoryMarshal.Cast<double, Vector<double>>(target[..whole]);
        ReadOnlySpan<Vector<double>> sources = MemoryMarshal.Cast<double, Vector<double>>(source[..whole]);
        for (int i = 0; i < targets.Length; i++)
            targets[i] += sources[i] * factor;
        for (int i = whole; i < target.Length; i++)
            target[i] += source[i] * factor;
    }

    private static bool Fits(int small, int large) => LogFactorials.UpTo(small + large).LogChoose(small + large, small) < LargestLogChoose;
}
