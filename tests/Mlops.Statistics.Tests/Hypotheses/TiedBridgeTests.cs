using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class TiedBridgeTests
{
    [Test]
    public void Two_values_reduce_to_one_normal_deviate([Values(0.2, 0.5, 0.9)] double share)
    {
        // Observed only once, at t = share, where the bridge has variance share (1 - share).
        int first = (int)(1000 * share);
        double level = 0.7;
        double expected = 2 * NormalDistribution.Survival(level / Math.Sqrt(first / 1000.0 * (1 - (first / 1000.0))));

        Assert.That(TiedBridge.Survival([first, 1000 - first], level)!.Value, Is.EqualTo(expected).Within(1e-10));
    }

    [Test]
    public void Exact_laws_of_large_tied_samples_approach_it([Values(3, 10, 40)] int values)
    {
        int n = 2_000;
        // Sizes divisible by four put every place on one lattice of steps of n + m.
        int size = 2 * n / values / 4 * 4;
        int[] groups = [.. Enumerable.Repeat(size, values - 1), (2 * n) - (size * (values - 1))];
        foreach (double z in new[] { 0.8, 1.3, 1.8 })
        {
            long h = 2L * n * (long)(z * Math.Sqrt(2.0 / n) * n / 2);
            double exact = Math.Exp(KolmogorovLattice.LogSurvival(n, n, h, groups, long.MaxValue)!.Value);
            double limit = TiedBridge.Survival(groups, Math.Sqrt(n / 2.0) * (h - n) / n / n)!.Value;
            Assert.That(limit, Is.EqualTo(exact).Within(0.02 * exact));
        }
    }

    [Test]
    public void A_point_mass_in_continuous_data_lies_between_both_extremes()
    {
        int[] groups = [.. Enumerable.Repeat(1, 4_000), 5_000, .. Enumerable.Repeat(1, 1_000)];
        double p = TiedBridge.Survival(groups, 1.36)!.Value;
        double untied = Math.Exp(KolmogorovDistribution.LogLimitSurvival(1.36));

        Assert.That(p, Is.InRange(0.3 * untied, untied));
    }

    [Test]
    public void Untied_data_and_extreme_levels_are_left_to_the_other_law()
    {
        Assert.That(TiedBridge.Survival([.. Enumerable.Repeat(1, 500)], 1), Is.Null);
        Assert.That(TiedBridge.Survival([50, 50], 3.9), Is.Null);
        Assert.That(TiedBridge.Survival([50, 50], 0), Is.EqualTo(1));
    }

    [TestCase("discrete5")]
    [TestCase("discrete50")]
    [TestCase("zero-inflated")]
    public void False_alarms_of_large_tied_samples_are_nominal(string law)
    {
        const int Runs = 250;
        int alarms = 0;
        KolmogorovSmirnovOptions limit = new() { MaximumCells = 0 };
        for (ulong run = 0; run < Runs; run++)
        {
            TwoSampleResult result = KolmogorovSmirnov.Test(TestData.Draw((run * 2) + 3, 3_000, law), TestData.Draw((run * 2) + 4, 3_000, law), limit);
            alarms += result.IsSignificant(0.05) ? 1 : 0;
        }

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.03), TestData.UpperLimit(Runs, 0.055)));
    }
}
