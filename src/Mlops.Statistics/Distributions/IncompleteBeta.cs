namespace Mlops.Statistics;

/// <summary>Regularized incomplete beta function; relative error about 1e-13.</summary>
internal static class IncompleteBeta
{
    private const int MaximumTerms = 1_000_000;
    private const double Tiny = 1e-300;

    /// <summary>log I_x(a, b) with y = 1 - x given apart, so that neither end loses digits.</summary>
    public static double LogValue(double a, double b, double x, double y)
    {
        if (x <= 0)
            return double.NegativeInfinity;
        if (y <= 0)
            return 0;
        return x < (a + 1) / (a + b + 2)
            ? LogFront(a, b, x, y) + Math.Log(ContinuedFraction(a, b, x) / a)
            : SaddlePoint.LogOnePlus(-Math.Exp(LogFront(a, b, x, y) + Math.Log(ContinuedFraction(b, a, y) / b)));
    }

    /// <summary>log of x^a y^b / B(a, b).</summary>
    private static double LogFront(double a, double b, double x, double y) =>
        SaddlePoint.LogBinomial(a, a + b, x, y) + Math.Log(a * b / (a + b));

    private static double ContinuedFraction(double a, double b, double x)
    {
        double sum = a + b, above = a + 1, below = a - 1;
        double c = 1;
        double d = 1 - (sum * x / above);
        d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
        double h = d;
        for (int m = 1; m < MaximumTerms; m++)
        {
            int m2 = 2 * m;
            double even = m * (b - m) * x / ((below + m2) * (a + m2));
            d = 1 + (even * d);
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = 1 + (even / c);
            c = Math.Abs(c) < Tiny ? Tiny : c;
            h *= d * c;
            double odd = -(a + m) * (sum + m) * x / ((a + m2) * (above + m2));
            d = 1 + (odd * d);
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = 1 + (odd / c);
            c = Math.Abs(c) < Tiny ? Tiny : c;
            double factor = d * c;
            h *= factor;
            if (Math.Abs(factor - 1) < 1e-16)
                break;
        }

        return h;
    }
}
