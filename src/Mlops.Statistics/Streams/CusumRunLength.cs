namespace Mlops.Statistics;

/// <summary>
/// Solves L(u) = 1 + L(0) Phi(k - u) + integral over (0, h) of L(y) phi(y + k - u) dy for a one-sided CUSUM of standard
/// normal values.
/// </summary>
internal static class CusumRunLength
{
    private const int Nodes = 64;

    public static double OneSided(double slack, double threshold)
    {
        (double[] y, double[] w) = GaussLegendre.On(0, threshold, Nodes);
        int size = Nodes + 1;
        double[][] system = new double[size][];
        double[] right = new double[size];
        for (int row = 0; row < size; row++)
        {
            double u = row == Nodes ? 0 : y[row];
            system[row] = new double[size];
            for (int j = 0; j < Nodes; j++)
                system[row][j] = -w[j] * Density(y[j] + slack - u);
            system[row][Nodes] = -NormalDistribution.Cumulative(slack - u);
            system[row][row] += 1;
            right[row] = 1;
        }

        return LinearSystem.Solve(system, right)[Nodes];
    }

    private static double Density(double z) => 0.398942280401432677939946059934 * Math.Exp(-0.5 * z * z);
}
