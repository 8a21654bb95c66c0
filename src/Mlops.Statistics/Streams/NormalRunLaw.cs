namespace Mlops.Statistics;

/// <summary>Normal values under a normal-gamma prior; a run holds its mean and rate.</summary>
internal sealed class NormalRunLaw(double mean, double meanCount, double shape, double rate) : IRunLaw
{
    private const double LogTwoPi = 1.83787706640934548356065947281;
    private const double SeriesFrom = 24;

    public (double First, double Second) Prior => (mean, rate);

    public double LogDensity(double value, long length, ref double first, ref double second)
    {
        double count = meanCount + length, a = shape + (0.5 * length), gap = value - first;
        double rise = count * gap * gap / (2 * (count + 1));
        (double square, double correction) = HalfStep(a);
        double density = (0.5 * (Math.Log(square * count / (second * (count + 1))) - LogTwoPi)) - correction
            - ((a + 0.5) * SaddlePoint.LogOnePlus(rise / second));
        first += gap / (count + 1);
        second += rise;
        return density;
    }

    public void Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(0, "law");
        transfer.Setting(mean, "mean");
        transfer.Setting(meanCount, "meanCount");
        transfer.Setting(shape, "shape");
        transfer.Setting(rate, "rate");
    }

    /// <summary>log gamma(a + 1/2) - log gamma(a) as half the logarithm of the square less the correction; the difference itself would cancel.</summary>
    internal static (double Square, double Correction) HalfStep(double a)
    {
        double below = 1;
        for (; a < SeriesFrom; a++)
            below *= a / (a + 0.5);
        double r = 1 / a, square = r * r;
        return (a * below * below, r * (0.125 - (square * ((1.0 / 192) - (square * ((1.0 / 640) - (square * (17.0 / 14336))))))));
    }
}
