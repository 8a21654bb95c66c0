namespace Mlops.Tuning;

/// <summary>
/// The standard normal law without iteration, for densities that are evaluated by the thousand. Cumulative probabilities by Cody's
/// rational approximations (Rational Chebyshev approximations for the error function, 1969), quantiles by Wichura's AS 241 (1988).
/// </summary>
internal static class NormalLaw
{
    public const double LogSqrtTwoPi = 0.918938533204672741780329736406;

    private const double InverseSqrtPi = 0.564189583547756286948;
    private const double Sqrt2 = 1.41421356237309504880;

    // Coefficients from the highest power down.
    private static ReadOnlySpan<double> ErfNumerator =>
        [1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3];

    private static ReadOnlySpan<double> ErfDenominator =>
        [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3];

    private static ReadOnlySpan<double> MiddleNumerator =>
    [
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
        8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
    ];

    private static ReadOnlySpan<double> MiddleDenominator =>
    [
        1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
        3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
    ];

    private static ReadOnlySpan<double> TailNumerator =>
    [
        1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
        6.58749161529837803e-4,
    ];

    private static ReadOnlySpan<double> TailDenominator =>
        [1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3];

    private static ReadOnlySpan<double> CentralQuantileNumerator =>
    [
        2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
        1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080,
    ];

    private static ReadOnlySpan<double> CentralQuantileDenominator =>
    [
        5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
        5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1,
    ];

    private static ReadOnlySpan<double> MiddleQuantileNumerator =>
    [
        7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
        3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734,
    ];

    private static ReadOnlySpan<double> MiddleQuantileDenominator =>
    [
        1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
        6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1,
    ];

    private static ReadOnlySpan<double> FarQuantileNumerator =>
    [
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
        2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720,
    ];

    private static ReadOnlySpan<double> FarQuantileDenominator =>
    [
        2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
        1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1,
    ];

    /// <summary>P(Z &lt;= z).</summary>
    public static double Cumulative(double z) => z <= 0 ? 0.5 * Erfc(-z / Sqrt2) : 1 - (0.5 * Erfc(z / Sqrt2));

    /// <summary>log P(a &lt; Z &lt;= b) for a &lt; b, also far in a tail.</summary>
    public static double LogMass(double a, double b)
    {
        if (a > 0)
        {
            (a, b) = (-b, -a);
        }

        // Now a <= 0. Across 0 the two sides add up; within one tail the ratio of its ends keeps the digits.
        if (b > 0)
        {
            return Math.Log(0.5 * (Erf(-a / Sqrt2) + Erf(b / Sqrt2)));
        }

        double upper = LogTail(-b);
        return upper + LogOneMinusExp(LogTail(-a) - upper);
    }

    /// <summary>The z with P(Z &lt;= z) = p; infinite at 0 and 1.</summary>
    public static double Quantile(double p)
    {
        double q = p - 0.5;
        if (Math.Abs(q) <= 0.425)
        {
            double r = 0.180625 - (q * q);
            return q * Horner(CentralQuantileNumerator, r) / Horner(CentralQuantileDenominator, r);
        }

        double tail = q < 0 ? p : 1 - p;
        if (tail <= 0)
        {
            return q < 0 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        double root = Math.Sqrt(-Math.Log(tail));
        double z = root <= 5
            ? Horner(MiddleQuantileNumerator, root - 1.6) / Horner(MiddleQuantileDenominator, root - 1.6)
            : Horner(FarQuantileNumerator, root - 5) / Horner(FarQuantileDenominator, root - 5);
        return q < 0 ? -z : z;
    }

    /// <summary>log(1 - e^d) for d &lt; 0 without cancellation: 1 - e^d = 2 e^(d/2) sinh(-d/2).</summary>
    private static double LogOneMinusExp(double d) => d > -0.5 ? Math.Log(2 * Math.Sinh(-d / 2)) + (d / 2) : Math.Log(1 - Math.Exp(d));

    /// <summary>log P(Z &gt; z) for z &gt;= 0, finite beyond the underflow of the probability.</summary>
    public static double LogTail(double z)
    {
        double x = z / Sqrt2;
        return x <= 4 ? Math.Log(0.5 * Erfc(x)) : Math.Log(0.5 * ScaledTail(x)) - (x * x);
    }

    private static double Erf(double x) => x <= 0.46875 ? SmallErf(x) : 1 - Erfc(x);

    private static double Erfc(double x)
    {
        if (x <= 0.46875)
        {
            return 1 - SmallErf(x);
        }

        double scaled = x <= 4 ? Horner(MiddleNumerator, x) / Horner(MiddleDenominator, x) : ScaledTail(x);

        // A number of few bits squares exactly, so that the rounding of x^2 is not magnified by the exponential.
        double coarse = Math.Truncate(x * 16) / 16;
        return scaled * Math.Exp(-coarse * coarse) * Math.Exp(-(x - coarse) * (x + coarse));
    }

    private static double SmallErf(double x) => x * Horner(ErfNumerator, x * x) / Horner(ErfDenominator, x * x);

    /// <summary>erfc(x) exp(x^2) for x &gt; 4.</summary>
    private static double ScaledTail(double x)
    {
        double inverse = 1 / (x * x);
        return (InverseSqrtPi - (inverse * Horner(TailNumerator, inverse) / Horner(TailDenominator, inverse))) / x;
    }

    private static double Horner(ReadOnlySpan<double> coefficients, double x)
    {
        double sum = coefficients[0];
        for (int i = 1; i < coefficients.Length; i++)
        {
            sum = Math.FusedMultiplyAdd(sum, x, coefficients[i]);
        }

        return sum;
    }
}
