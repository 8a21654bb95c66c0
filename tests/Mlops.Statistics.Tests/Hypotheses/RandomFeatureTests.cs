namespace Mlops.Statistics.Tests;

/// <summary>The maximum mean discrepancy of random features.</summary>
[TestFixture]
internal sealed class RandomFeatureTests
{
    private static readonly MaximumMeanDiscrepancyOptions Quick = new() { Permutations = 99, Features = 32 };

    [Test]
    public void Many_features_approach_the_kernel()
    {
        const int Dimension = 3;
        double[] x = TestData.Normal(1, 150 * Dimension), y = TestData.Normal(2, 100 * Dimension, mean: 0.6);
        double exact = MaximumMeanDiscrepancy.Estimate(x, y, Dimension)!.Value;
        double[] errors = [.. ((int[])[32, 8_192]).Select(features => Enumerable.Range(1, 8).Average(seed =>
            Math.Abs(MaximumMeanDiscrepancy.RandomFeatureTest(x, y, Dimension, new() { Features = features, Permutations = 1, Seed = (ulong)seed }).Statistic!.Value - exact)))];

        // The error falls with the root of the number of features, here by sixteen.
        Assert.That(errors[1], Is.LessThan(0.2 * errors[0]));
        Assert.That(errors[1], Is.LessThan(0.03 * exact));
    }

    [Test]
    public void False_alarms_are_nominal([Values("normal", "pareto", "discrete5")] string law)
    {
        const int Runs = 400, Rows = 30, Dimension = 3;
        int alarms = Enumerable.Range(0, Runs).Count(run => MaximumMeanDiscrepancy.RandomFeatureTest(
            TestData.Draw((ulong)run * 2, Rows * Dimension, law), TestData.Draw(((ulong)run * 2) + 1, (Rows + 12) * Dimension, law), Dimension, Quick).IsSignificant(0.05));

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.03), TestData.UpperLimit(Runs, 0.055)));
    }

    [Test]
    public void Relabelling_groups_of_rows_keeps_the_level_and_sees_what_the_linear_time_form_misses()
    {
        const int Runs = 60, Rows = 2_600;
        MaximumMeanDiscrepancyOptions options = new() { Permutations = 39, Features = 8, Bandwidth = 1 };
        int alarms = 0, seen = 0, linear = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            double[] x = TestData.Normal(run * 2, Rows + 31), y = TestData.Normal((run * 2) + 1, Rows), shifted = [.. y.Select(static v => v + 0.12)];
            alarms += MaximumMeanDiscrepancy.RandomFeatureTest(x, y, 1, options).IsSignificant(0.05) ? 1 : 0;
            seen += MaximumMeanDiscrepancy.RandomFeatureTest(x, shifted, 1, options).IsSignificant(0.05) ? 1 : 0;
            linear += MaximumMeanDiscrepancy.LinearTimeTest(x, shifted, 1, options).IsSignificant(0.05) ? 1 : 0;
        }

        Assert.That(alarms, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, 0.05)));
        Assert.That(seen, Is.GreaterThan(0.8 * Runs));
        Assert.That(linear, Is.LessThan(0.6 * Runs));
    }

    [Test]
    public void Samples_may_be_swapped_and_the_seed_fixes_the_result()
    {
        double[] x = TestData.Normal(1, 90), y = TestData.Normal(2, 60, mean: 0.3);
        TwoSampleResult result = MaximumMeanDiscrepancy.RandomFeatureTest(x, y, 3, Quick);
        Assert.That(MaximumMeanDiscrepancy.RandomFeatureTest(x, y, 3, Quick), Is.EqualTo(result));
        Assert.That(MaximumMeanDiscrepancy.RandomFeatureTest(y, x, 3, Quick with { Bandwidth = 1 }).Statistic!.Value,
            Is.EqualTo(MaximumMeanDiscrepancy.RandomFeatureTest(x, y, 3, Quick with { Bandwidth = 1 }).Statistic!.Value).Within(1e-12));
    }

    [Test]
    public void Degenerate_samples_have_typed_results_and_mistakes_throw()
    {
        double[] some = [1, 2, 3, 4];
        Assert.That(MaximumMeanDiscrepancy.RandomFeatureTest([], some, 2).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(MaximumMeanDiscrepancy.RandomFeatureTest([1, double.NaN, 5, 6], some, 2).Reason, Is.EqualTo(NotComputableReason.TooFewValues));
        Assert.That(MaximumMeanDiscrepancy.RandomFeatureTest([1, 1, 1], [1, 1, 1], 1).Reason, Is.EqualTo(NotComputableReason.ConstantSample));
        Assert.That(() => MaximumMeanDiscrepancy.RandomFeatureTest([1, 2, 3], some, 2), Throws.ArgumentException.With.Message.Contains("whole number of rows"));
        Assert.That(() => new MaximumMeanDiscrepancyOptions { Features = 7 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
