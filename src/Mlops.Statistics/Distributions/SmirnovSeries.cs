namespace Mlops.Statistics;

/// <summary>
/// Upper tails of infinite sums of weighted chi-squared variables with one degree of freedom each, by Smirnov's (1936) alternating
/// series of integrals along the cuts of the characteristic function.
/// </summary>
/// <remarks>
/// Each integrand is a smooth function over the square root of a sine. With the angle v = pi sin^2(t / 2) the midpoint rule in t converges
/// exponentially. The first rate is taken out of every exponent, so the logarithm does not underflow.
/// </remarks>
internal static class SmirnovSeries
{
    private const int MostTerms = 200;

    /// <summary>
    /// log of the sum over k = 1, 2, ... of (-1)^(k + 1) times the integral from 0 to pi of e^(-x rate(k, v)) density(k, v) / sqrt(sin v) dv.
    /// </summary>
    public static double LogSurvival(double x, Func<int, double, double> rate, Func<int, double, double> density)
    {
        double slowest = rate(1, 0), sum = 0;
        for (int k = 1; k <= MostTerms; k++)
        {
            double start = rate(k, 0);
            double term = Integral(k);
            sum += k % 2 == 0 ? -term : term;
            if (term <= 1e-18 * sum || x * (start - slowest) > 750)
                break;

            double Integral(int interval)
            {
                int nodes = 40 + (int)Math.Sqrt(12 * x * (rate(interval, Math.PI) - start));
                double total = 0;
                for (int i = 0; i < nodes; i++)
                {
                    double t = Math.PI * (i + 0.5) / nodes;
                    (double sine, double cosine) = Math.SinCos(0.5 * t);
                    double v = Math.PI * sine * sine;
                    double nearest = Math.PI * double.Min(sine * sine, cosine * cosine);
                    total += Math.Exp(-x * (rate(interval, v) - slowest)) * density(interval, v) * Math.Sin(t) / Math.Sqrt(Math.Sin(nearest));
                }

                return total * 0.5 * Math.PI * Math.PI / nodes;
            }
        }

        return double.Min(0, (-x * slowest) + Math.Log(sum));
    }
}
