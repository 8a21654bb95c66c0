namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class ClassifierTwoSampleTests
{
    private static readonly ClassifierTwoSampleOptions Quick = new() { Bins = 4 };

    [Test]
    public void False_alarms_do_not_exceed_the_level_for_samples_of_any_sizes(
        [Values("normal", "pareto", "discrete5")] string law, [Values(60, 240)] int n)
    {
        const int Runs = 250, Columns = 2;
        int alarms = Enumerable.Range(0, Runs).Count(run => ClassifierTwoSample.Test(
            TestData.Draw((ulong)run * 2, n * Columns, law), TestData.Draw(((ulong)run * 2) + 1, 80 * Columns, law), Columns, Quick).IsSignificant(0.05));

        // Exact for discrete counts, so conservative.
        Assert.That(alarms, Is.InRange(1, TestData.UpperLimit(Runs, 0.05)));
    }

    [Test]
    public void The_p_value_is_the_hypergeometric_tail_of_what_a_known_classifier_gets_right()
    {
        // Says 1 for positive values, whatever it was taught: held-out rows are dealt by the seed, the counts follow from the result.
        double[] x = TestData.Normal(1, 41), y = TestData.Normal(2, 60, mean: 0.5);
        TwoSampleResult result = ClassifierTwoSample.Test(x, y, 1, new() { Bins = 0, Learner = static (_, _, _) => new Sign() });
        Assert.That(result.PValueKind, Is.EqualTo(PValueKind.Exact));
        int matches = 0;
        for (int wrong = 0; wrong <= 21; wrong++)
        {
            for (int right = 0; right <= 30; right++)
            {
                if (Math.Abs((0.5 * (1 - (wrong / 21.0) + (right / 30.0))) - result.Statistic!.Value) > 1e-12)
                    continue;
                double tail = 0, all = Choose(51, wrong + right);
                for (int k = right; k <= int.Min(30, wrong + right); k++)
                    tail += Choose(30, k) * Choose(21, wrong + right - k) / all;
                matches += Math.Abs(tail - result.PValue!.Value) <= 1e-12 ? 1 : 0;
            }
        }

        Assert.That(matches, Is.EqualTo(1));

        static double Choose(int n, int k)
        {
            double value = k < 0 || k > n ? 0 : 1;
            for (int i = 1; i <= k && k <= n; i++)
                value *= (n - k + i) / (double)i;
            return value;
        }
    }

    [Test]
    public void A_changed_column_among_others_is_seen_and_the_accuracy_lies_in_its_interval()
    {
        const int Rows = 300, Columns = 6;
        double[] x = TestData.Normal(3, Rows * Columns), y = TestData.Normal(4, Rows * Columns);
        for (int i = 0; i < Rows; i++)
            y[(i * Columns) + 2] *= 3;
        TwoSampleResult result = ClassifierTwoSample.Test(x, y, Columns);
        Assert.That(result.PValue!.Value, Is.LessThan(1e-4), "a change of spread, which bins show a linear learner");
        EffectSize effect = result.Effect!.Value;
        Assert.That(effect.Value, Is.EqualTo(result.Statistic!.Value).And.GreaterThan(0.6));
        Assert.That(effect.Lower!.Value, Is.GreaterThan(0.5).And.LessThan(effect.Value));
        Assert.That(effect.Upper!.Value, Is.GreaterThan(effect.Value));
    }

    [Test]
    public void The_interval_covers_the_accuracy_of_a_known_classifier()
    {
        // True balanced accuracy of the sign at means 0 and 0.5: (0.5 + P(Z > -0.5)) / 2.
        double truth = 0.5 * (0.5 + NormalDistribution.Survival(-0.5));
        const int Runs = 400;
        int covered = Enumerable.Range(0, Runs).Count(run =>
        {
            EffectSize effect = ClassifierTwoSample.Test(
                TestData.Normal((ulong)run * 2, 100), TestData.Normal(((ulong)run * 2) + 1, 160, mean: 0.5), 1, new() { Bins = 0, Learner = static (_, _, _) => new Sign() }).Effect!.Value;
            return effect.Lower <= truth && truth <= effect.Upper;
        });
        Assert.That(covered, Is.InRange(TestData.LowerLimit(Runs, 0.94), TestData.UpperLimit(Runs, 0.97)));
    }

    [Test]
    public void Degenerate_samples_have_typed_results_and_mistakes_throw()
    {
        double[] some = [1, 2, 3, 4, 5, 6, 7, 8], constant = [.. Enumerable.Repeat(1.0, 20)];
        Assert.That(ClassifierTwoSample.Test([], some, 1).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(ClassifierTwoSample.Test([1, 2, 3, double.NaN], some, 1).Reason, Is.EqualTo(NotComputableReason.TooFewValues));
        Assert.That(ClassifierTwoSample.Test(constant, constant, 1).PValue, Is.EqualTo(1).Within(1e-12));
        Assert.That(ClassifierTwoSample.Test(constant, constant, 1).Statistic, Is.EqualTo(0.5));
        Assert.That(() => ClassifierTwoSample.Test(some.AsSpan(0, 7), some, 2), Throws.ArgumentException.With.Message.Contains("whole number of rows"));
        Assert.That(() => ClassifierTwoSample.Test(some, some, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new ClassifierTwoSampleOptions { Bins = 1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private sealed class Sign : IFittedModel
    {
        public int FeatureCount => 1;

        public double Predict(ReadOnlySpan<double> features) => features[0] > 0 ? 1 : 0;
    }
}
