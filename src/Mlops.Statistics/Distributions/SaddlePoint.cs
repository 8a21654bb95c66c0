namespace Mlops.Statistics;

/// <summary>
/// Binomial, Poisson and hypergeometric masses without the cancellation of large log-gammas
/// (Loader 2000, "Fast and accurate computation of binomial probabilities"). Relative error about 1e-14.
/// </summary>
internal static class SaddlePoint
{
    private const double LogSqrtTwoPi = 0.918938533204672741780329736406;
    private const double LogTwoPi = 1.83787706640934548356065947281;
    private static readonly double[] HalfIntegerErrors = BuildHalfIntegerErrors();

    /// <summary>log(n!) minus Stirling's formula for n &gt;= 0, n not necessarily an integer.</summary>
    public static double StirlingError(double n)
    {
        if (n <= 15)
        {
            double doubled = n + n;
            if (doubled == (int)doubled)
                return HalfIntegerErrors[(int)doubled];
            return FromAbove(n);
        }

        double square = 1 / (n * n);
        return ((1.0 / 12) - (square * ((1.0 / 360) - (square * ((1.0 / 1260) - (square * ((1.0 / 1680) - (square * (1.0 / 1188))))))))) / n;
    }

    /// <summary>The error of a small n from that of n + 16, by Gamma's recurrence.</summary>
    private static double FromAbove(double n)
    {
        const int Shift = 16;
        double above = n + Shift, product = 1;
        for (int i = 1; i <= Shift; i++)
            product *= n + i;
        return StirlingError(above) + ((above + 0.5) * Math.Log(above)) - Shift - Math.Log(product) - ((n + 0.5) * Math.Log(n));
    }

    /// <summary>x log(x / m) + m - x, accurate where x is near m.</summary>
    public static double Deviance(double x, double m)
    {
        if (Math.Abs(x - m) < 0.1 * (x + m))
        {
            double v = (x - m) / (x + m);
            double sum = (x - m) * v;
            double term = 2 * x * v;
            v *= v;
            for (int j = 1; j < 1000; j++)
            {
                term *= v;
                double next = sum + (term / ((2 * j) + 1));
                if (next == sum)
                    return next;
                sum = next;
            }
        }

        return (x * Math.Log(x / m)) + m - x;
    }

    /// <summary>log of m^x e^-m / Gamma(x + 1).</summary>
    public static double LogPoisson(double x, double m)
    {
        if (m == 0)
            return x == 0 ? 0 : double.NegativeInfinity;
        if (x == 0)
            return -m;
        return -StirlingError(x) - Deviance(x, m) - (0.5 * (LogTwoPi + Math.Log(x)));
    }

    /// <summary>log of C(n, x) p^x q^(n-x) with q = 1 - p given apart; the arguments need not be integers.</summary>
    public static double LogBinomial(double x, double n, double p, double q)
    {
        if (p == 0)
            return x == 0 ? 0 : double.NegativeInfinity;
        if (q == 0)
            return x == n ? 0 : double.NegativeInfinity;
        if (x == 0)
            return n == 0 ? 0 : n * (p < 0.1 ? LogOnePlus(-p) : Math.Log(q));
        if (x == n)
            return n * (q < 0.1 ? LogOnePlus(-q) : Math.Log(p));
        if (x < 0 || x > n)
            return double.NegativeInfinity;
        double exponent = StirlingError(n) - StirlingError(x) - StirlingError(n - x) - Deviance(x, n * p) - Deviance(n - x, n * q);
        return exponent - (0.5 * (LogTwoPi + Math.Log(x) + Math.Log((n - x) / n)));
    }

    /// <summary>log probability of <paramref name="x"/> white balls in <paramref name="draws"/> from an urn of white and black ones.</summary>
    public static double LogHypergeometric(double x, double white, double black, double draws)
    {
        double total = white + black;
        if (x < 0 || x > white || draws - x < 0 || draws - x > black)
            return double.NegativeInfinity;
        if (draws == 0 || draws == total)
            return 0;
        double p = draws / total, q = (total - draws) / total;
        return LogBinomial(x, white, p, q) + LogBinomial(draws - x, black, p, q) - LogBinomial(draws, total, p, q);
    }

    /// <summary>log(1 + x), accurate near 0 (the compensated form of Goldberg 1991).</summary>
    public static double LogOnePlus(double x)
    {
        double u = 1 + x;
        if (u == 1)
            return x;
        return u <= 0 || double.IsInfinity(u) ? Math.Log(u) : Math.Log(u) * x / (u - 1);
    }

    private static double[] BuildHalfIntegerErrors()
    {
        double[] errors = new double[31];
        for (int doubled = 1; doubled <= 30; doubled++)
        {
            // Gamma(n + 1) as a product of n, n - 1, ..., ending at 1 or at sqrt(pi) / 2.
            double n = doubled / 2.0;
            double gamma = doubled % 2 == 0 ? 1 : Math.Sqrt(Math.PI) / 2;
            for (double k = n; k > 1; k--)
                gamma *= k;
            errors[doubled] = Math.Log(gamma) - ((n + 0.5) * Math.Log(n)) + n - LogSqrtTwoPi;
        }

        return errors;
    }
}
