using System.Globalization;

namespace Mlops.Statistics.Tests;

/// <summary>
/// What becomes of the promised run length when mean and deviation are estimated from a few rows: the table of
/// docs/statistics/change-detectors.md. Standard normal values.
/// </summary>
[TestFixture, Explicit("Measures; the known law is tested with each detector"), Category("Long")]
internal sealed class RunLengthCalibrationTests
{
    private const int Calibrations = 1_000;
    private const int RunsPerCalibration = 100;
    private const int Longest = 50 * 500;

    private const double Promised = 500;

    private static readonly Dictionary<string, Func<double, double, IChangeDetector>> Detectors = new()
    {
        ["Cusum"] = (mean, deviation) => Cusum.ForExpectedRunLength(mean, deviation, Promised),
        ["Ewma"] = (mean, deviation) => Ewma.ForExpectedRunLength(mean, deviation, Promised),
        ["Focus"] = (mean, deviation) => Focus.ForExpectedRunLength(mean, deviation, Promised),
    };

    [TestCase("Cusum")]
    [TestCase("Ewma")]
    [TestCase("Focus")]
    public void Run_lengths_after_estimating_the_law(string name)
    {
        foreach (int rows in (int[])[0, 200, 1_000, 10_000])
        {
            double[] means = new double[Calibrations];
            Parallel.For(0, Calibrations, c =>
            {
                SplitMix64 random = new((ulong)((c * 10) + rows));
                (double mean, double deviation) = rows == 0 ? (0, 1) : Estimate(ref random, rows);
                IChangeDetector detector = Detectors[name](mean, deviation);
                double total = 0;
                for (int run = 0; run < RunsPerCalibration; run++)
                    total += Run(detector, ref random);
                means[c] = total / RunsPerCalibration;
            });

            Array.Sort(means);
            string Share(double value) => (value / Promised).ToString("0.00", CultureInfo.InvariantCulture);
            TestContext.Out.WriteLine(
                $"| {name} | {(rows == 0 ? "known" : rows.ToString("N0", CultureInfo.InvariantCulture))} | {Share(means.Average())} | {Share(means[Calibrations / 2])} | {Share(means[Calibrations / 10])} |");
            if (rows == 0)
                Assert.That(means.Average() / Promised, Is.EqualTo(1).Within(0.1));
        }
    }

    private static (double Mean, double Deviation) Estimate(ref SplitMix64 random, int rows)
    {
        double[] values = new double[rows];
        foreach (ref double x in values.AsSpan())
            x = random.NextNormal();
        Moments moments = Moments.Of(values);
        return (moments.Mean!.Value, moments.StandardDeviation!.Value);
    }

    private static double Run(IChangeDetector detector, ref SplitMix64 random)
    {
        detector.Reset();
        for (long length = 1; length < Longest; length++)
        {
            if (detector.Update(random.NextNormal()) == ChangeSignal.Change)
                return length;
        }

        return Longest;
    }
}
