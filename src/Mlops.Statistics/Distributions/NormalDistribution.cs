namespace Mlops.Statistics;

/// <summary>The standard normal law. Relative error at most 1e-12 in either tail. NaN gives NaN.</summary>
public static class NormalDistribution
{
    /// <summary>The deviate that 2.5 % lie above.</summary>
    internal const double TwoSided95 = 1.959963984540054;

    /// <summary>P(Z &gt; z).</summary>
    public static double Survival(double z) => double.IsNaN(z) ? z
        : z >= 0 ? 0.5 * IncompleteGamma.Upper(0.5, 0.5 * z * z) : 1 - Survival(-z);

    /// <summary>log P(Z &gt; z), finite far beyond the underflow of <see cref="Survival"/> (z about 38).</summary>
    public static double LogSurvival(double z) => double.IsNaN(z) ? z
        : z >= 0 ? IncompleteGamma.LogUpper(0.5, 0.5 * z * z) - Math.Log(2)
        : SaddlePoint.LogOnePlus(-Survival(-z));

    /// <summary>P(Z &lt;= z).</summary>
    public static double Cumulative(double z) => Survival(-z);

    /// <summary>The z with P(Z &lt;= z) = <paramref name="probability"/>; infinite at 0 and 1.</summary>
    /// <param name="probability">0 to 1.</param>
    public static double Quantile(double probability)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        if (probability > 0.5)
            return SurvivalQuantile(1 - probability);
        return -SurvivalQuantile(probability);
    }

    /// <summary>The z with P(Z &gt; z) = <paramref name="probability"/>, accurate for probabilities far below 1e-16.</summary>
    public static double SurvivalQuantile(double probability)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        if (probability == 0)
            return double.PositiveInfinity;
        if (probability > 0.5)
            return -SurvivalQuantile(1 - probability);
        if (probability == 0.5)
            return 0;

        // Wichura (1988), algorithm AS 241: rational functions of the square of the distance from the middle, or of the root of -log p in the tail.
        double middle = 0.5 - probability;
        if (middle <= 0.425)
        {
            double square = 0.180625 - (middle * middle);
            return middle * Ratio(Middle, square);
        }

        double tail = Math.Sqrt(-Math.Log(probability));
        return tail <= 5 ? Ratio(Tail, tail - 1.6) : Ratio(FarTail, tail - 5);
    }

    /// <summary>The polynomial of the first eight coefficients over that of the last eight, lowest power first.</summary>
    private static double Ratio(ReadOnlySpan<double> coefficients, double x)
    {
        double above = 0, below = 0;
        for (int i = 7; i >= 0; i--)
        {
            above = (above * x) + coefficients[i];
            below = (below * x) + coefficients[i + 8];
        }

        return above / below;
    }

    private static ReadOnlySpan<double> Middle =>
    [
        3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
        45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
        1, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
        21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610,
    ];

    private static ReadOnlySpan<double> Tail =>
    [
        1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
        1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4,
        1, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
        0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ];

    private static ReadOnlySpan<double> FarTail =>
    [
        6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
        0.0265321895265761230930, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
        1, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ];
}
