using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class BoostedTreesTests
{
    private static readonly BoostedTreesOptions Stump = new() { Rounds = 1, Depth = 1, LearningRate = 1, MinimumLeafRows = 1, Penalty = 0 };

    [Test]
    public void One_stump_splits_where_the_squared_error_falls_most()
    {
        // Mean 4; split between 2 and 3 leaves the means 1 and 7, and of the losses 10 the mean 1.
        BoostedTrees model = BoostedTrees.Fit([1, 2, 3, 4], 1, [0, 2, 6, 8], Stump);
        Assert.That(new[] { -9.0, 2.49, 2.5, 100 }.Select(x => model.Predict([x])), Is.EqualTo(new[] { 1.0, 1, 7, 7 }).Within(1e-12));
        Assert.That(model.TrainingLosses.ToArray(), Is.EqualTo(new[] { 10.0, 1 }).Within(1e-12));

        // With the rate a half and a penalty of two rows: 4 -+ 0.5 * 6 / (2 + 2).
        BoostedTrees damped = BoostedTrees.Fit([1, 2, 3, 4], 1, [0, 2, 6, 8], Stump with { LearningRate = 0.5, Penalty = 2 });
        Assert.That((damped.Predict([1.0]), damped.Predict([4.0])), Is.EqualTo((3.25, 4.75)));
    }

    [Test]
    public void One_stump_of_probabilities_takes_the_newton_step()
    {
        // p = 1/2, slopes -+1/2, curvature 1/4 a row: log odds -+ (2 * 1/2) / (2 * 1/4) = -+2.
        BoostedTrees model = BoostedTrees.FitProbability([1, 2, 3, 4], 1, [0, 0, 1, 1], Stump);
        Assert.That(model.Predict([1.0]), Is.EqualTo(1 / (1 + Math.Exp(2))).Within(1e-12));
        Assert.That(model.Predict([9.0]), Is.EqualTo(1 / (1 + Math.Exp(-2))).Within(1e-12));
        Assert.That(model.TrainingLosses.ToArray(), Is.EqualTo(new[] { Math.Log(2), Math.Log(1 + Math.Exp(-2)) }).Within(1e-12));
    }

    [Test]
    public void Leaves_keep_their_least_rows()
    {
        BoostedTrees model = BoostedTrees.Fit([1, 2, 3, 4, 5], 1, [100, 0, 0, 0, 0], Stump with { MinimumLeafRows = 2 });
        Assert.That(new[] { 1.0, 2, 3 }.Select(x => model.Predict([x])), Is.EqualTo(new[] { 50.0, 50, 0 }).Within(1e-12));
        Assert.That(BoostedTrees.Fit([1, 2, 3], 1, [1, 2, 3], Stump with { MinimumLeafRows = 2 }).TreeCount, Is.Zero);
    }

    [Test]
    public void Depth_lets_columns_act_together()
    {
        // Exclusive or with a slight tilt, without which no first split gains.
        double[] rows = [0, 0, 0, 1, 1, 0, 1, 1], y = [0, 1, 1.2, 0];
        BoostedTrees two = BoostedTrees.Fit(rows, 2, y, Stump with { Depth = 2 });
        for (int i = 0; i < 4; i++)
            Assert.That(two.Predict(rows.AsSpan(2 * i, 2)), Is.EqualTo(y[i]).Within(1e-12));
        Assert.That(BoostedTrees.Fit(rows, 2, y, Stump).TrainingLosses[^1], Is.GreaterThan(0.2));
    }

    [Test]
    public void Missing_values_lie_below_every_number_and_are_set_apart()
    {
        BoostedTrees model = BoostedTrees.Fit([double.NaN, double.NaN, -5, double.NegativeInfinity, 7, double.PositiveInfinity], 1, [3, 3, 1, 1, 1, 1], Stump);
        Assert.That(new[] { double.NaN, double.NegativeInfinity, -1e300, 7 }.Select(x => model.Predict([x])), Is.EqualTo(new[] { 3.0, 1, 1, 1 }).Within(1e-12));
    }

    [Test]
    public void Constant_targets_and_constant_columns_need_no_tree()
    {
        BoostedTrees same = BoostedTrees.Fit(TestData.Normal(1, 100), 1, [.. Enumerable.Repeat(0.1, 100)]);
        Assert.That((same.TreeCount, same.Predict([3.0])), Is.EqualTo((0, 0.1)));
        BoostedTrees flat = BoostedTrees.Fit([.. Enumerable.Repeat(2.0, 100)], 1, TestData.Normal(1, 100));
        Assert.That(flat.TreeCount, Is.Zero);
        BoostedTrees single = BoostedTrees.FitProbability([1, 2, 3], 1, [1, 1, 1]);
        Assert.That(single.Predict([9.0]), Is.EqualTo(0.8).Within(1e-12));
        Assert.That(single.TrainingLosses[0], Is.EqualTo(-Math.Log(0.8)).Within(1e-12));
    }

    [Test]
    public void Every_tree_lowers_the_training_loss_and_equal_input_gives_an_equal_model() =>
        Gen.Select(Gen.Int[5, 60], Gen.Int[1, 3], Gen.Int[1, 4], Gen.Double[0.05, 1], Gen.Int[0, 1_000]).Sample((n, columns, depth, rate, seed) =>
        {
            double[] rows = TestData.Normal((ulong)seed, n * columns), y = TestData.Normal((ulong)seed + 5_000, n);
            double[] labels = [.. y.Select(v => v > 0.3 ? 1.0 : 0)];
            BoostedTreesOptions options = new() { Rounds = 15, Depth = depth, LearningRate = rate, MinimumLeafRows = 2, Bins = 8 };
            BoostedTrees mean = BoostedTrees.Fit(rows, columns, y, options), chance = BoostedTrees.FitProbability(rows, columns, labels, options);
            Assert.That(Rises(mean.TrainingLosses), Is.LessThan(1e-12));
            Assert.That(Rises(chance.TrainingLosses), Is.LessThan(1e-12));
            Assert.That(mean.TrainingLosses[^1], Is.LessThan(mean.TrainingLosses[0]));
            double[] fitted = [.. Enumerable.Range(0, n).Select(i => mean.Predict(rows.AsSpan(i * columns, columns)))];
            Assert.That(fitted.Zip(y, (f, t) => (f - t) * (f - t)).Average(), Is.EqualTo(mean.TrainingLosses[^1]).Within(1e-10));
            Assert.That(Enumerable.Range(0, n).Select(i => chance.Predict(rows.AsSpan(i * columns, columns))), Has.All.InRange(0, 1));
            BoostedTrees again = BoostedTrees.Fit(rows, columns, y, options);
            Assert.That(again.TrainingLosses.ToArray(), Is.EqualTo(mean.TrainingLosses.ToArray()));
        }, iter: 60);

    private static double Rises(ReadOnlySpan<double> losses)
    {
        double most = 0;
        for (int i = 1; i < losses.Length; i++)
            most = Math.Max(most, losses[i] - losses[i - 1]);
        return most;
    }

    [Test]
    public void Bends_that_no_line_follows_are_learned()
    {
        double[] rows = TestData.Normal(1, 8_000), noise = TestData.Normal(2, 4_000);
        double[] y = [.. Enumerable.Range(0, 4_000).Select(i => Math.Abs(rows[2 * i]) + (rows[(2 * i) + 1] > 0.5 ? 1 : 0) + (0.1 * noise[i]))];
        BoostedTrees model = BoostedTrees.Fit(rows.AsSpan(0, 4_000), 2, y.AsSpan(0, 2_000));
        double error = Enumerable.Range(2_000, 2_000).Average(i => Math.Pow(model.Predict(rows.AsSpan(2 * i, 2)) - y[i], 2));
        Assert.That(error, Is.LessThan(0.03), "the noise alone has 0.01, the target 0.6");
    }

    [Test]
    public void They_serve_as_learner_of_the_two_sample_test_where_logistic_regression_is_blind()
    {
        // Only the sign of the product differs.
        double[] a = TestData.Normal(1, 2_000), b = TestData.Normal(2, 2_000);
        for (int i = 0; i < 1_000; i++)
            b[(2 * i) + 1] = Math.CopySign(b[(2 * i) + 1], b[2 * i]);
        TwoSampleResult linear = ClassifierTwoSample.Test(a, b, 2);
        TwoSampleResult trees = ClassifierTwoSample.Test(a, b, 2, new() { Bins = 0, Learner = static (x, c, y) => BoostedTrees.FitProbability(x, c, y) });
        Assert.That(linear.PValue, Is.GreaterThan(0.01));
        Assert.That(trees.PValue, Is.LessThan(1e-6));
    }

    [Test]
    public void Bad_input_is_named()
    {
        Assert.That(() => BoostedTrees.Fit([1, 2, 3], 2, [1, 2]), Throws.ArgumentException.With.Message.Contains("need 4 features"));
        Assert.That(() => BoostedTrees.Fit([], 1, []), Throws.ArgumentException);
        Assert.That(() => BoostedTrees.Fit([1], 0, [1]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => BoostedTrees.Fit([1], 1, [double.NaN]), Throws.ArgumentException.With.Message.Contains("number 0"));
        Assert.That(() => BoostedTrees.FitProbability([1], 1, [0.5]), Throws.ArgumentException.With.Message.Contains("0.5"));
        Assert.That(() => BoostedTrees.Fit([1], 1, [1]).Predict([1, 2]), Throws.ArgumentException);
        Assert.That(() => new BoostedTreesOptions { Rounds = 0 }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new BoostedTreesOptions { Depth = 9 }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new BoostedTreesOptions { LearningRate = double.NaN }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new BoostedTreesOptions { Bins = 251 }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new BoostedTreesOptions { Penalty = -1 }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new BoostedTreesOptions { MinimumLeafRows = 0 }, Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    [Explicit("prints how long a fit takes")]
    [Category("Long")]
    public void Ten_thousand_rows_of_ten_columns()
    {
        double[] rows = TestData.Normal(1, 100_000), y = TestData.Normal(2, 10_000);
        for (int run = 0; run < 5; run++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            BoostedTrees model = BoostedTrees.Fit(rows, 10, y);
            TestContext.Out.WriteLine($"{model.TreeCount} trees in {(Environment.CpuUsage.TotalTime - before).TotalMilliseconds:F0} ms of CPU time");
        }
    }
}
