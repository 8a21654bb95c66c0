namespace Mlops.Statistics;

/// <summary>Nodes and weights of Gauss-Legendre quadrature, by Newton's method on the Legendre polynomial.</summary>
internal static class GaussLegendre
{
    public static (double[] Nodes, double[] Weights) On(double low, double high, int count)
    {
        double[] nodes = new double[count], weights = new double[count];
        double middle = 0.5 * (low + high), half = 0.5 * (high - low);
        for (int i = 0; i < count; i++)
        {
            double x = Math.Cos(Math.PI * (i + 0.75) / (count + 0.5));
            double slope = 1;
            for (int step = 0; step < 100; step++)
            {
                double previous = 1, value = x;
                for (int k = 2; k <= count; k++)
                    (previous, value) = (value, ((((2 * k) - 1) * x * value) - ((k - 1) * previous)) / k);
                slope = count * ((x * value) - previous) / ((x * x) - 1);
                double change = value / slope;
                x -= change;
                if (Math.Abs(change) < 1e-16)
                    break;
            }

            nodes[count - 1 - i] = middle + (half * x);
            weights[count - 1 - i] = 2 * half / ((1 - (x * x)) * slope * slope);
        }

        return (nodes, weights);
    }
}
