namespace Mlops.Tuning;

/// <summary>
/// Makes values more nearly normal before a Gaussian process sees them: standardised, bent by the power of Yeo and Johnson (2000) that is most
/// likely for a normal law, and standardised again. Objectives with a long tail on one side are modelled where they are good. It keeps the order of the values, those that are huge beside the others apart.
/// </summary>
internal sealed class PowerTransform
{
    private const double Ratio = 0.618033988749894848;
    private const int Steps = 30;

    // Squares and sums of what is below stay finite.
    private const double Largest = 1e150;

    // Beside a value this many spreads away the others differ by nothing that a model could see.
    private const double Proportion = 1e7;

    private double[] _bent = [];

    /// <summary>Transforms values in place.</summary>
    public void Apply(Span<double> values)
    {
        if (_bent.Length < values.Length)
        {
            _bent = new double[values.Length * 2];
        }

        LimitHuge(values);
        Standardize(values);
        double logs = 0;
        foreach (double y in values)
        {
            logs += Math.Sign(y) * Math.Log(Math.Abs(y) + 1);
        }

        double low = -3;
        double high = 3;
        double left = high - (Ratio * (high - low));
        double right = low + (Ratio * (high - low));
        double atLeft = LogLikelihood(values, left, logs);
        double atRight = LogLikelihood(values, right, logs);
        for (int i = 0; i < Steps; i++)
        {
            if (atLeft > atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - (Ratio * (high - low));
                atLeft = LogLikelihood(values, left, logs);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + (Ratio * (high - low));
                atRight = LogLikelihood(values, right, logs);
            }
        }

        double power = 0.5 * (low + high);
        foreach (ref double y in values)
        {
            y = Bend(y, power);
        }

        Standardize(values);
    }

    /// <summary>
    /// A value that is bad out of all proportion, such as one that an objective returns for what it could not compute, says no more than that: it counts as the worst of the others.
    /// The border is set by the middle of the values that differ, and lies far beyond what measured values reach: those stay as they are.
    /// </summary>
    private void LimitHuge(Span<double> values)
    {
        foreach (ref double value in values)
        {
            value = Math.Clamp(value, -Largest, Largest);
        }

        Span<double> sorted = _bent.AsSpan(0, values.Length);
        values.CopyTo(sorted);
        sorted.Sort();
        double median = sorted[sorted.Length / 2];
        foreach (ref double value in sorted)
        {
            value = Math.Abs(value - median);
        }

        sorted.Sort();
        int different = sorted.IndexOfAnyExcept(0.0);
        if (different < 0)
        {
            return;
        }

        double border = median + (Proportion * sorted[(different + sorted.Length) / 2]);
        double worst = median;
        foreach (double value in values)
        {
            worst = value <= border ? Math.Max(worst, value) : worst;
        }

        foreach (ref double value in values)
        {
            value = value <= border ? value : worst;
        }
    }

    /// <summary>Mean 0 and standard deviation 1; zeros when all are equal.</summary>
    private static void Standardize(Span<double> values)
    {
        (double mean, double variance) = Moments(values);
        double deviation = Math.Sqrt(variance);
        if (!(deviation > 0 && double.IsFinite(deviation)))
        {
            values.Clear();
            return;
        }

        foreach (ref double value in values)
        {
            value = (value - mean) / deviation;
        }
    }

    private static double Bend(double y, double power) => y >= 0
        ? Math.Abs(power) < 1e-9 ? Math.Log(y + 1) : (Math.Pow(y + 1, power) - 1) / power
        : Math.Abs(power - 2) < 1e-9 ? -Math.Log(1 - y) : -(Math.Pow(1 - y, 2 - power) - 1) / (2 - power);

    /// <param name="values">The standardised values.</param>
    /// <param name="power">The power.</param>
    /// <param name="logs">The sum of sign(y) log(|y| + 1).</param>
    private double LogLikelihood(ReadOnlySpan<double> values, double power, double logs)
    {
        Span<double> bent = _bent.AsSpan(0, values.Length);
        for (int i = 0; i < bent.Length; i++)
        {
            bent[i] = Bend(values[i], power);
        }

        return (-0.5 * values.Length * Math.Log(Moments(bent).Variance + 1e-300)) + ((power - 1) * logs);
    }

    private static (double Mean, double Variance) Moments(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        double mean = sum / values.Length;
        double squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, squares / values.Length);
    }
}
