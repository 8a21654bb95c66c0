namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class CountRelabellingTests
{
    private static readonly Dictionary<string, Func<long[], long[], RelabellingOptions?, TwoSampleResult>> Tests = new()
    {
        ["total variation"] = static (r, c, o) => ShareDistance.TestTotalVariation(r, c, o),
        ["L-infinity"] = static (r, c, o) => ShareDistance.TestLInfinity(r, c, o),
        ["Kullback-Leibler"] = static (r, c, o) => KullbackLeibler.Test(r, c, o),
        ["chi-squared"] = static (r, c, o) => ChiSquare.TestByRelabelling(r, c, o),
    };

    private static IEnumerable<string> Names => Tests.Keys;

    [Test]
    public void False_alarms_are_nominal_with_many_rare_categories([ValueSource(nameof(Names))] string test)
    {
        const int Runs = 600, Categories = 40;
        int alarms = 0;
        for (int run = 0; run < Runs; run++)
        {
            SplitMix64 random = new((ulong)run);
            long[] reference = new long[Categories], current = new long[Categories];
            for (int i = 0; i < 150; i++)
            {
                // Geometric shares: most categories expect less than one value.
                (i < 100 ? reference : current)[int.Min(Categories - 1, (int)(-6 * Math.Log(1 - random.NextDouble())))]++;
            }

            alarms += Tests[test](reference, current, new() { Permutations = 199 }).IsSignificant(0.05) ? 1 : 0;
        }

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.025), TestData.UpperLimit(Runs, 0.055)));
    }

    [Test]
    public void Two_categories_agree_with_the_exact_law()
    {
        // Every table with these margins, by its hypergeometric probability.
        long[] reference = [21, 9], current = [23, 2];
        double observed = ChiSquare.Test(reference, current, mergeRare: false).Statistic!.Value, expected = 0;
        LogFactorials factorials = LogFactorials.UpTo(100);
        for (int x = 0; x <= 11; x++)
        {
            double statistic = ChiSquare.Test([30 - (11 - x), 11 - x], [25 - x, x], mergeRare: false).Statistic!.Value;
            expected += statistic >= observed - 1e-9 ? Math.Exp(factorials.LogHypergeometric(x, 11, 44, 25)) : 0;
        }

        TwoSampleResult relabelled = ChiSquare.TestByRelabelling(reference, current);
        Assert.That(relabelled.PValueKind, Is.EqualTo(PValueKind.MonteCarlo));
        Assert.That(relabelled.PValue!.Value, Is.EqualTo(expected).Within(4 * Math.Sqrt(expected * (1 - expected) / 10_000)));
    }

    [Test]
    public void Large_differences_are_seen_and_equal_seeds_give_equal_values([ValueSource(nameof(Names))] string test)
    {
        long[] reference = [500, 300, 200, 0], current = [50, 60, 70, 20];
        TwoSampleResult first = Tests[test](reference, current, null);
        Assert.That(first.PValue!.Value, Is.EqualTo(1e-4).Within(1e-10));
        Assert.That(Tests[test](reference, current, null), Is.EqualTo(first));
    }

    [Test]
    public void Bad_input_is_refused([ValueSource(nameof(Names))] string test)
    {
        Assert.That(Tests[test]([0, 0], [1, 2], null).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(() => Tests[test]([1], [1, 2], null), Throws.ArgumentException);
        Assert.That(() => Tests[test]([-1, 2], [1, 2], null), Throws.ArgumentException);
        Assert.That(() => Tests[test]([1, 2], [int.MaxValue, 2], null), Throws.ArgumentException);
    }
}
