namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class MaximumMeanDiscrepancyTests
{
    private static readonly MaximumMeanDiscrepancyOptions Quick = new() { Permutations = 99 };

    [Test]
    public void False_alarms_are_nominal([Values("normal", "pareto", "discrete5")] string law)
    {
        const int Runs = 400, Rows = 25, Dimension = 3;
        int alarms = Enumerable.Range(0, Runs).Count(run => MaximumMeanDiscrepancy.Test(
            TestData.Draw((ulong)run * 2, Rows * Dimension, law), TestData.Draw(((ulong)run * 2) + 1, (Rows + 5) * Dimension, law), Dimension, Quick).IsSignificant(0.05));

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.03), TestData.UpperLimit(Runs, 0.055)));
    }

    [Test]
    public void The_linear_time_form_is_calibrated_and_sees_large_shifts()
    {
        const int Runs = 400, Rows = 400, Dimension = 2;
        MaximumMeanDiscrepancyOptions fixedWidth = new() { Bandwidth = 1 };
        int alarms = 0, seen = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            double[] x = TestData.Normal(run * 2, Rows * Dimension), y = TestData.Normal((run * 2) + 1, Rows * Dimension);
            alarms += MaximumMeanDiscrepancy.LinearTimeTest(x, y, Dimension, fixedWidth).IsSignificant(0.05) ? 1 : 0;
            seen += MaximumMeanDiscrepancy.LinearTimeTest(x, [.. y.Select(v => v + 1)], Dimension, fixedWidth).IsSignificant(0.05) ? 1 : 0;
        }

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.025), TestData.UpperLimit(Runs, 0.06)));
        Assert.That(seen, Is.GreaterThan(0.9 * Runs));
    }

    [Test]
    public void A_changed_correlation_is_seen_that_no_single_column_shows()
    {
        const int Rows = 200;
        double[] x = new double[2 * Rows], y = new double[2 * Rows];
        SplitMix64 random = new(7);
        for (int i = 0; i < Rows; i++)
        {
            double a = random.NextNormal(), b = random.NextNormal(), c = random.NextNormal();
            (x[2 * i], x[(2 * i) + 1]) = (a, b);
            (y[2 * i], y[(2 * i) + 1]) = (c, (0.9 * c) + (Math.Sqrt(1 - 0.81) * random.NextNormal()));
        }

        Assert.That(MaximumMeanDiscrepancy.Test(x, y, 2).PValue!.Value, Is.EqualTo(0.001).Within(1e-12));
    }

    [Test]
    public void Samples_and_columns_may_be_swapped()
    {
        double[] x = TestData.Normal(1, 60), y = TestData.Normal(2, 90, mean: 0.3);
        TwoSampleResult result = MaximumMeanDiscrepancy.Test(x, y, 3, Quick);
        Assert.That(MaximumMeanDiscrepancy.Test(y, x, 3, Quick).Statistic!.Value, Is.EqualTo(result.Statistic!.Value).Within(1e-14));
        Assert.That(MaximumMeanDiscrepancy.Test(Reversed(x), Reversed(y), 3, Quick).Statistic!.Value, Is.EqualTo(result.Statistic.Value).Within(1e-14));

        static double[] Reversed(double[] rows) => [.. rows.Chunk(3).SelectMany(static row => row.Reverse())];
    }

    [Test]
    public void Degenerate_samples_have_typed_results_and_mistakes_throw()
    {
        double[] some = [1, 2, 3, 4];
        Assert.That(MaximumMeanDiscrepancy.Test([], some, 2).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(MaximumMeanDiscrepancy.Test([1, double.NaN, 5, 6], some, 2).Reason, Is.EqualTo(NotComputableReason.TooFewValues), "a row that is not finite is left out");
        Assert.That(MaximumMeanDiscrepancy.Test([1, 1, 1], [1, 1, 1], 1).Reason, Is.EqualTo(NotComputableReason.ConstantSample));
        Assert.That(MaximumMeanDiscrepancy.LinearTimeTest(some, some, 2).Reason, Is.EqualTo(NotComputableReason.TooFewValues));
        Assert.That(MaximumMeanDiscrepancy.Test([1, 1, 1, 1, 9], [1, 1, 1, 1], 1).PValue, Is.InRange(0.1, 1.0), "most rows equal");
        Assert.That(() => MaximumMeanDiscrepancy.Test([1, 2, 3], some, 2), Throws.ArgumentException.With.Message.Contains("whole number of rows"));
        Assert.That(() => MaximumMeanDiscrepancy.Test(some, some, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => MaximumMeanDiscrepancy.Test(new double[4_000], new double[4_000], 1), Throws.ArgumentException.With.Message.Contains("LinearTimeTest"));
        Assert.That(() => new MaximumMeanDiscrepancyOptions { Bandwidth = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MaximumMeanDiscrepancyOptions { Permutations = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
