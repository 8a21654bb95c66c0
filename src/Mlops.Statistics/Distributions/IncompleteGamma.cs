namespace Mlops.Statistics;

/// <summary>Regularized incomplete gamma functions; relative error about 1e-13 in both tails.</summary>
internal static class IncompleteGamma
{
    private const int MaximumTerms = 1_000_000;
    private const double Tiny = 1e-300;

    /// <summary>Q(a, x), the upper function.</summary>
    public static double Upper(double a, double x) => x < a + 1 ? 1 - Lower(a, x) : Math.Exp(LogUpper(a, x));

    /// <summary>P(a, x), the lower function.</summary>
    public static double Lower(double a, double x)
    {
        if (x <= 0)
            return 0;
        if (x >= a + 1)
            return 1 - Math.Exp(LogUpper(a, x));
        double term = 1, sum = 1;
        for (int n = 1; n < MaximumTerms; n++)
        {
            term *= x / (a + n);
            sum += term;
            if (term < sum * 1e-17)
                break;
        }

        return double.Min(1, Math.Exp(SaddlePoint.LogPoisson(a, x)) * sum);
    }

    /// <summary>log Q(a, x), finite far beyond the underflow of Q.</summary>
    public static double LogUpper(double a, double x)
    {
        if (double.IsPositiveInfinity(x))
            return double.NegativeInfinity;
        if (x < a + 1)
            return SaddlePoint.LogOnePlus(-Lower(a, x));

        // Lentz's method on Legendre's continued fraction.
        double b = x + 1 - a;
        double c = 1 / Tiny;
        double d = 1 / b;
        double h = d;
        for (int i = 1; i < MaximumTerms; i++)
        {
            double an = -i * (i - a);
            b += 2;
            d = (an * d) + b;
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = b + (an / c);
            c = Math.Abs(c) < Tiny ? Tiny : c;
            double factor = d * c;
            h *= factor;
            if (Math.Abs(factor - 1) < 1e-16)
                break;
        }

        return SaddlePoint.LogPoisson(a, x) + Math.Log(a * h);
    }
}
