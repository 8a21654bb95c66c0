namespace Mlops.Tuning.Tests;

/// <summary>What <see cref="PowerTransform"/> has to equal bit for bit.</summary>
internal static class PlainTransform
{
    private const double Ratio = 0.618033988749894848;
    private const int Steps = 30;

    public static double[] Apply(double[] values)
    {
        double[] standard = Standardize(values);
        double low = -3;
        double high = 3;
        double left = high - (Ratio * (high - low));
        double right = low + (Ratio * (high - low));
        double atLeft = LogLikelihood(standard, left);
        double atRight = LogLikelihood(standard, right);
        for (int i = 0; i < Steps; i++)
        {
            if (atLeft > atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - (Ratio * (high - low));
                atLeft = LogLikelihood(standard, left);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + (Ratio * (high - low));
                atRight = LogLikelihood(standard, right);
            }
        }

        double power = 0.5 * (low + high);
        return Standardize(Array.ConvertAll(standard, y => Bend(y, power)));
    }

    /// <summary>Mean 0 and standard deviation 1; zeros when all are equal.</summary>
    public static double[] Standardize(double[] values)
    {
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return deviation > 0 && double.IsFinite(deviation) ? Array.ConvertAll(values, value => (value - mean) / deviation) : new double[values.Length];
    }

    internal static double Bend(double y, double power) => y >= 0
        ? Math.Abs(power) < 1e-9 ? Math.Log(y + 1) : (Math.Pow(y + 1, power) - 1) / power
        : Math.Abs(power - 2) < 1e-9 ? -Math.Log(1 - y) : -(Math.Pow(1 - y, 2 - power) - 1) / (2 - power);

    internal static double LogLikelihood(double[] values, double power)
    {
        double[] bent = Array.ConvertAll(values, y => Bend(y, power));
        double mean = bent.Average();
        double variance = bent.Average(y => (y - mean) * (y - mean));
        return (-0.5 * values.Length * Math.Log(variance + 1e-300)) + ((power - 1) * values.Sum(static y => Math.Sign(y) * Math.Log(Math.Abs(y) + 1)));
    }
}
