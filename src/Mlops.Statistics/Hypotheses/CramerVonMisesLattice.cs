using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// The exact null law of the Cramer-von Mises statistic of untied samples: every order of the pooled sample is a path through an n by m lattice,
/// all are equally likely, and the statistic grows with the sum of (i m - j n)^2 over the path's points (Xiao, Gordon and Yakovlev 2006).
/// </summary>
internal static class CramerVonMisesLattice
{
    /// <summary>P(T &gt;= observed).</summary>
    /// <param name="first">1 where a value of the pooled order belongs to the first sample, else 0.</param>
    /// <param name="n">Values of the first sample, at most a few dozen.</param>
    /// <param name="m">Values of the second sample.</param>
    public static double Survival(ReadOnlySpan<int> first, int n, int m)
    {
        long observed = 0, gap = 0;
        foreach (int own in first)
        {
            gap += own == 1 ? m : -n;
            observed += gap * gap;
        }

        // Paths by the sum so far, for each point of the current column. Counts are below 2^53 up to 28 values a side, shares of them beyond.
        var column = new Dictionary<long, double>[m + 1];
        for (int i = 0; i <= n; i++)
        {
            for (int j = 0; j <= m; j++)
            {
                Dictionary<long, double> here = [];
                long step = ((long)i * m) - ((long)j * n);
                long square = step * step;
                if (i == 0 && j == 0)
                    here[0] = 1;
                if (i > 0)
                    Add(column[j], square, here);
                if (j > 0)
                    Add(column[j - 1], square, here);
                column[j] = here;
            }
        }

        double reached = 0, all = 0;
        foreach ((long sum, double paths) in column[m])
        {
            all += paths;
            reached += sum >= observed ? paths : 0;
        }

        return reached / all;
    }

    private static void Add(Dictionary<long, double> from, long square, Dictionary<long, double> to)
    {
        foreach ((long sum, double paths) in from)
            CollectionsMarshal.GetValueRefOrAddDefault(to, sum + square, out _) += paths;
    }
}
