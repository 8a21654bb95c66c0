using System.Globalization;

namespace Mlops.Statistics.Tests;

/// <summary>
/// How often each test alarms at a nominal 5 % when there is no difference: the table of docs/statistics/calibration.md. Samples of equal
/// size, default options. What is not held to the nominal level there is listed here by name.
/// </summary>
[TestFixture]
internal sealed class CalibrationTests
{
    private const double Nominal = 0.05;
    private static readonly int[] Sizes = [30, 100, 1_000, 10_000];
    private static readonly string[] Continuous = ["normal", "lognormal", "pareto"];
    private static readonly string[] Laws = [.. Continuous, "discrete2", "discrete5", "discrete50", "zero-inflated"];

    // The level of relabelling does not depend on how many there are.
    private static readonly TwoSampleTestOptions Few = new() { Permutations = 199 };

    private static readonly Dictionary<string, Func<double[], double[], TwoSampleResult>> OnSamples = new()
    {
        ["Kolmogorov-Smirnov"] = (x, y) => KolmogorovSmirnov.Test(x, y),
        ["Cramer-von Mises"] = (x, y) => CramerVonMises.Test(x, y, Few),
        ["Anderson-Darling"] = (x, y) => AndersonDarling.Test(x, y, Few),
        ["Kuiper"] = (x, y) => Kuiper.Test(x, y, Few),
        ["Epps-Singleton"] = (x, y) => EppsSingleton.Test(x, y),
        ["Mann-Whitney"] = (x, y) => MannWhitney.Test(x, y),
        ["Welch"] = (x, y) => Welch.Test(x, y),
    };

    private static readonly Dictionary<string, Func<long[], long[], TwoSampleResult>> OnCounts = new()
    {
        ["chi-square"] = (x, y) => ChiSquare.Test(x, y),
        ["G"] = (x, y) => GTest.Test(x, y),
        ["PSI"] = (x, y) => PopulationStabilityIndex.Test(x, y),
        ["Jensen-Shannon"] = (x, y) => JensenShannon.Test(x, y),
        ["Hellinger"] = (x, y) => Hellinger.Test(x, y),
        ["two proportions"] = (x, y) => TwoProportionZ.Test(x[0], x.Sum(), y[0], y.Sum()),
        ["Fisher"] = (x, y) => FisherExact.Test(x[0], x.Sum(), y[0], y.Sum()),
        ["Fisher, mid-p"] = (x, y) => FisherExact.Test(x[0], x.Sum(), y[0], y.Sum(), midP: true),
    };

    /// <summary>Tests of two counts take the first category against the rest.</summary>
    private static IEnumerable<string> Names => OnSamples.Keys.Concat(OnCounts.Keys);

    [Test, Explicit("Takes minutes per test"), Category("Long")]
    public void False_alarms_at_five_per_cent([ValueSource(nameof(Names))] string test)
    {
        ulong seed = (ulong)Environment.TickCount64;
        TestContext.Out.WriteLine($"seed {seed}");
        List<string> wrong = [];
        foreach (string law in Laws)
        {
            List<string> row = [];
            foreach (int size in Sizes)
            {
                int runs = size switch { 30 or 100 => 20_000, 1_000 => 10_000, _ => 2_000 };
                double rate = Rate(test, law, size, runs, seed);
                row.Add((100 * rate).ToString("0.0", CultureInfo.InvariantCulture));
                double error = Math.Sqrt(Nominal * (1 - Nominal) / runs);
                if (rate - (3 * error) > 1.2 * Nominal && !IsOutside(test, size))
                    wrong.Add($"{law} {size}: {rate:P2} is above 6 %");
                if (rate + (3 * error) < 0.5 * Nominal && size >= 100 && Continuous.Contains(law) && !IsCautious(test))
                    wrong.Add($"{law} {size}: {rate:P2} is below 2.5 %");
            }

            TestContext.Out.WriteLine($"| {test} | {law} | {string.Join(" | ", row)} |");
        }

        Assert.That(wrong, Is.Empty);
    }

    /// <summary>What the documentation lists as out of a test's assumptions, and what no other test chooses by default.</summary>
    private static bool IsOutside(string test, int size) => test == "Epps-Singleton" && size <= 30;

    /// <summary>Exact tests of two discrete counts cannot use up their level.</summary>
    private static bool IsCautious(string test) => test == "Fisher";

    private static double Rate(string test, string law, int size, int runs, ulong seed)
    {
        SplitMix64 seeds = new(seed);
        BinEdges edges = BinEdges.FromQuantiles(TestData.Draw(seeds.Next(), 20_000, law), 10);
        int alarms = 0;
        for (int run = 0; run < runs; run++)
        {
            double[] x = TestData.Draw(seeds.Next(), size, law), y = TestData.Draw(seeds.Next(), size, law);
            TwoSampleResult result = OnSamples.TryGetValue(test, out Func<double[], double[], TwoSampleResult>? onSamples)
                ? onSamples(x, y)
                : OnCounts[test](Counts(x, edges, law), Counts(y, edges, law));
            alarms += result.IsSignificant(Nominal) ? 1 : 0;
        }

        return (double)alarms / runs;
    }

    private static long[] Counts(double[] values, BinEdges edges, string law)
    {
        if (!law.StartsWith("discrete", StringComparison.Ordinal))
        {
            Histogram histogram = new(edges);
            histogram.Add(values);
            return [.. histogram.Counts];
        }

        long[] counts = new long[int.Parse(law["discrete".Length..], CultureInfo.InvariantCulture)];
        foreach (double value in values)
            counts[(int)value]++;
        return counts;
    }
}
