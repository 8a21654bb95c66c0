namespace Mlops.Statistics;

/// <summary>
/// The law of the two-sided one-sample Kolmogorov-Smirnov statistic D_n, computed by region as Simard and L'Ecuyer (2011):
/// Ruben-Gambino and the symmetric tail in closed form, the matrix of Marsaglia, Tsang and Wang (2003) in the middle,
/// Pelz and Good's (1976) expansion for large n, twice Smirnov's one-sided law in the upper tail.
/// </summary>
/// <remarks>
/// Relative error of <see cref="LogSurvival"/>: about 1e-11 in the closed-form, matrix and tail regions; where the expansion
/// serves (n &gt; 140 and n D^2 &lt; 2.2 outside the matrix) its own truncation of about 2e-6 at n = 140 falling as n^-2.
/// The tail region neglects the probability of crossing on both sides, below 1e-8 relative at n D^2 = 2.2 with n &gt; 140 and
/// less above.
/// </remarks>
internal static class KolmogorovDistribution
{
    private const int MatrixSize = 140;
    private const int SmoothTerms = 4_000;

    /// <summary>log P(D_n &gt;= d).</summary>
    public static double LogSurvival(int n, double d)
    {
        if (d <= 0.5 / n)
            return 0;
        if (d >= 1)
            return double.NegativeInfinity;
        double t = n * d;
        double scaled = t * d;
        if (t <= 1)
            return SaddlePoint.LogOnePlus(-RubenGambino(n, t));
        if (t >= n - 1)
            return Math.Log(2) + (n * SaddlePoint.LogOnePlus(-d));
        if (d >= 0.5 || scaled > 4 || (n > MatrixSize && scaled >= 2.2))
            return double.Min(0, Math.Log(2) + LogOneSided(n, d));
        if (n <= MatrixSize || (n <= 100_000 && t * Math.Sqrt(d) <= 1.4))
            return SaddlePoint.LogOnePlus(-double.Min(1, Matrix(n, d)));
        return SaddlePoint.LogOnePlus(-double.Clamp(PelzGood(n, d), 0, 1));
    }

    /// <summary>Kolmogorov's limit P(sup |B| &gt;= z) for a Brownian bridge, as a logarithm.</summary>
    public static double LogLimitSurvival(double z)
    {
        if (z <= 0)
            return 0;
        if (z < 1)
        {
            double cumulative = 0;
            for (int k = 1; k < 40; k += 2)
                cumulative += Math.Exp(-k * k * Math.PI * Math.PI / (8 * z * z));
            return SaddlePoint.LogOnePlus(-double.Min(1, cumulative * Math.Sqrt(2 * Math.PI) / z));
        }

        // The first term leaves the sum, which keeps the logarithm finite.
        double sum = 1;
        for (int k = 2; k < 10; k++)
            sum += (k % 2 == 0 ? -1 : 1) * Math.Exp(-2.0 * ((k * k) - 1) * z * z);
        return double.Min(0, Math.Log(2) - (2 * z * z) + Math.Log(sum));
    }

    private static double RubenGambino(int n, double t)
    {
        if (t <= 0.5)
            return 0;
        double logFactorial = SaddlePoint.StirlingError(n) + ((n + 0.5) * Math.Log(n)) - n + 0.918938533204672741780329736406;
        return Math.Exp(logFactorial + (n * Math.Log(((2 * t) - 1) / n)));
    }

    /// <summary>
    /// log P(D+_n &gt;= d) by the sum of Birnbaum and Tingey (1951). All terms are positive and are scaled by the
    /// largest, so nothing cancels or underflows. O(n).
    /// </summary>
    internal static double LogOneSided(int n, double d)
    {
        int last = (int)Math.Floor(n * (1 - d));
        while (last >= 0 && 1 - d - ((double)last / n) < 0)
            last--;
        if (last < 0)
            return double.NegativeInfinity;

        // Over many rows the terms are a smooth function of j that vanishes with all its derivatives at both ends, where
        // a coarser trapezoid sum converges faster than any power of its stride: 4 000 terms give every digit.
        int stride = int.Max(1, n / SmoothTerms);
        double largest = double.NegativeInfinity;
        double sum = 0;
        for (int j = 0; j <= last; j += stride)
        {
            double term = Term(n, d, j);
            if (term <= largest)
            {
                sum += Math.Exp(term - largest);
            }
            else
            {
                sum = (sum * Math.Exp(largest - term)) + 1;
                largest = term;
            }
        }

        return Math.Log(d) + largest + Math.Log(sum * stride);
    }

    private static double Term(int n, double d, int j)
    {
        double p = d + ((double)j / n);
        double q = ((n - j) / (double)n) - d;
        if (q <= 0)
            return j == n ? (n - 1) * Math.Log(p) : double.NegativeInfinity;
        return SaddlePoint.LogBinomial(j, n, p, q) - Math.Log(p);
    }

    internal static double Matrix(int n, double d)
    {
        double t = n * d;
        int k = (int)t + 1;
        int m = (2 * k) - 1;
        double h = k - t;
        double[] step = new double[m * m];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < m; j++)
                step[(i * m) + j] = i - j + 1 < 0 ? 0 : 1;
        }

        for (int i = 0; i < m; i++)
        {
            step[i * m] -= Math.Pow(h, i + 1);
            step[((m - 1) * m) + i] -= Math.Pow(h, m - i);
        }

        step[(m - 1) * m] += (2 * h) - 1 > 0 ? Math.Pow((2 * h) - 1, m) : 0;
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < m; j++)
            {
                for (int g = 2; g <= i - j + 1; g++)
                    step[(i * m) + j] /= g;
            }
        }

        (double[] power, int exponent) = Power(step, m, n);
        double s = power[((k - 1) * m) + k - 1];
        double log = Math.Log(s) + (exponent * Math.Log(2));
        double logFactorialOverPower = SaddlePoint.StirlingError(n) + (0.5 * Math.Log(2 * Math.PI * n)) - n;
        return Math.Exp(log + logFactorialOverPower);
    }

    private static (double[] Value, int Exponent) Power(double[] matrix, int m, int n)
    {
        double[] result = new double[m * m];
        for (int i = 0; i < m; i++)
            result[(i * m) + i] = 1;
        int resultExponent = 0, baseExponent = 0;
        double[] square = matrix;
        for (int bits = n; bits > 0; bits >>= 1)
        {
            if ((bits & 1) != 0)
            {
                result = Multiply(result, square, m);
                resultExponent += baseExponent + Normalize(result);
            }

            if (bits > 1)
            {
                square = Multiply(square, square, m);
                baseExponent = (2 * baseExponent) + Normalize(square);
            }
        }

        return (result, resultExponent);
    }

    private static int Normalize(double[] matrix)
    {
        double largest = 0;
        foreach (double x in matrix)
            largest = double.Max(largest, Math.Abs(x));
        if (largest == 0 || (largest is > 1e-100 and < 1e100))
            return 0;
        int exponent = Math.ILogB(largest);
        for (int i = 0; i < matrix.Length; i++)
            matrix[i] = Math.ScaleB(matrix[i], -exponent);
        return exponent;
    }

    private static double[] Multiply(double[] left, double[] right, int m)
    {
        double[] product = new double[m * m];
        for (int i = 0; i < m; i++)
        {
            Span<double> row = product.AsSpan(i * m, m);
            for (int k = 0; k < m; k++)
            {
                double factor = left[(i * m) + k];
                if (factor == 0)
                    continue;
                ReadOnlySpan<double> other = right.AsSpan(k * m, m);
                for (int j = 0; j < row.Length; j++)
                    row[j] += factor * other[j];
            }
        }

        return product;
    }

    internal static double PelzGood(int n, double d)
    {
        double z = Math.Sqrt(n) * d;
        double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2, z8 = z4 * z4;
        double pi2 = Math.PI * Math.PI, pi4 = pi2 * pi2, pi6 = pi4 * pi2;
        double k0 = 0, k1 = 0, k2 = 0, k2b = 0, k3 = 0, k3b = 0;
        for (int k = 0; k < 60; k++)
        {
            // Terms at k + 1/2 serve both signs, terms at k >= 1 likewise.
            double h = k + 0.5, h2 = h * h, h4 = h2 * h2, h6 = h4 * h2;
            double e = Math.Exp(-pi2 * h2 / (2 * z2));
            k0 += e;
            k1 += 2 * ((pi2 * h2) - z2) * e;
            k2 += 2 * ((6 * z6) + (2 * z4) + (pi2 * ((2 * z4) - (5 * z2)) * h2) + (pi4 * (1 - (2 * z2)) * h4)) * e;
            k3 += 2 * ((pi6 * h6 * (5 - (30 * z2))) + (pi4 * h4 * ((-60 * z2) + (212 * z4)))
                + (pi2 * h2 * ((135 * z4) - (96 * z6))) - ((30 * z6) + (90 * z8))) * e;
            if (k > 0)
            {
                double k2Square = (double)k * k;
                double f = Math.Exp(-pi2 * k2Square / (2 * z2));
                k2b += 2 * pi2 * k2Square * f;
                k3b += 2 * ((-pi4 * k2Square * k2Square) + (3 * pi2 * k2Square * z2)) * f;
            }

            if (e == 0)
                break;
        }

        double root = Math.Sqrt(Math.PI / 2);
        double first = Math.Sqrt(2 * Math.PI) / z * k0;
        double second = root / (6 * z4) * k1;
        double third = (root / (72 * z6 * z) * k2) - (root / (36 * z2 * z) * k2b);
        double fourth = (root / (6480 * z8 * z2) * k3) + (root / (216 * z6) * k3b);
        return first + (second / Math.Sqrt(n)) + (third / n) + (fourth / (n * Math.Sqrt(n)));
    }
}
