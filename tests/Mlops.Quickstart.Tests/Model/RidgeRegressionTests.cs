using System.Text.Json;
using CsCheck;

namespace Quickstart.Tests;

public sealed class RidgeRegressionTests
{
    private static readonly Gen<(float[][] Features, double[] Targets, double[] Weights, double Lambda)> Problems =
        from columns in Gen.Int[1, 5]
        from rows in Gen.Int[2, 30]
        from features in Gen.Int[-400, 400].Select(static v => v / 16f).Array[columns].Array[rows]
        from targets in Gen.Double[-20, 20].Array[rows]
        from weights in Gen.Double[0.01, 1].Array[rows]
        from exponent in Gen.Double[-4, 1]
        select (features, targets, weights, Math.Pow(10, exponent));

    private static IEnumerable<TestCaseData<int>> Fits() =>
        Golden.Root.GetProperty("ridge").GetProperty("fits").EnumerateArray().Select(static (fit, i) => new TestCaseData<int>(i)
        {
            TestName = $"Equals_scikit_learn(lambda {fit.GetProperty("lambda")}, weighted {fit.GetProperty("weighted")})",
        });

    [TestCaseSource(nameof(Fits))]
    public void Equals_scikit_learn(int index)
    {
        JsonElement golden = Golden.Root.GetProperty("ridge");
        JsonElement expected = golden.GetProperty("fits")[index];
        float[][] features = [.. golden.GetProperty("features").EnumerateArray().Select(static row => Array.ConvertAll(row.Doubles(), static v => (float)v))];
        double[]? weights = expected.GetProperty("weighted").GetBoolean() ? golden.GetProperty("weights").Doubles() : null;

        LinearModel model = RidgeRegression.Fit(features, golden.GetProperty("targets").Doubles(), expected.GetProperty("lambda").GetDouble(), weights);

        Assert.That(model.Intercept, Is.EqualTo(expected.GetProperty("intercept").GetDouble()).Within(1e-9).Percent);
        Assert.That(model.Weights, Is.EqualTo(expected.GetProperty("slopes").Doubles()).Within(1e-11));
    }

    [Test]
    public void The_gradient_of_the_penalised_loss_is_zero_and_the_intercept_goes_free() => Problems.Sample(problem =>
    {
        LinearModel model = RidgeRegression.Fit(problem.Features, problem.Targets, problem.Lambda, problem.Weights);

        double sum = problem.Weights.Sum();
        double[] share = [.. problem.Weights.Select(weight => weight / sum)];
        double[] residual = [.. problem.Features.Zip(problem.Targets, (row, target) => target - model.Predict(row))];
        Assert.That(Weighted(share, residual), Is.Zero.Within(1e-10), "derivative by the intercept");
        for (int j = 0; j < model.Weights.Length; j++)
        {
            double[] column = [.. problem.Features.Select(row => (double)row[j])];
            double mean = Weighted(share, column);
            double scale = Math.Sqrt(Weighted(share, [.. column.Select(v => (v - mean) * (v - mean))]));
            if (scale == 0)
            {
                Assert.That(model.Weights[j], Is.Zero);
                continue;
            }

            double pull = Weighted(share, [.. column.Zip(residual, (v, r) => (v - mean) / scale * r)]);
            Assert.That(pull - (problem.Lambda * model.Weights[j] * scale), Is.Zero.Within(1e-10), $"derivative by slope {j}");
        }
    });

    [Test]
    public void A_row_of_weight_two_counts_like_two_rows() => Problems.Sample(problem =>
    {
        double[] once = [.. Enumerable.Repeat(1.0, problem.Targets.Length)];
        LinearModel weighted = RidgeRegression.Fit(problem.Features, problem.Targets, problem.Lambda, [2, .. once.Skip(1)]);
        LinearModel repeated = RidgeRegression.Fit([problem.Features[0], .. problem.Features], [problem.Targets[0], .. problem.Targets], problem.Lambda);
        AssertSame(weighted, repeated);
    });

    [Test]
    public void One_penalty_suits_any_number_of_rows() => Problems.Sample(problem =>
    {
        LinearModel once = RidgeRegression.Fit(problem.Features, problem.Targets, problem.Lambda);
        LinearModel twice = RidgeRegression.Fit([.. problem.Features, .. problem.Features], [.. problem.Targets, .. problem.Targets], problem.Lambda);
        AssertSame(once, twice);
    });

    [Test]
    public void Moving_the_targets_moves_the_intercept_alone() => Problems.Sample(problem =>
    {
        LinearModel here = RidgeRegression.Fit(problem.Features, problem.Targets, problem.Lambda, problem.Weights);
        LinearModel there = RidgeRegression.Fit(problem.Features, [.. problem.Targets.Select(static y => y + 1000)], problem.Lambda, problem.Weights);
        AssertSame(here, there with { Intercept = there.Intercept - 1000 });
    });

    [Test]
    public void Senseless_input_is_refused()
    {
        float[][] rows = [[1], [2]];
        Assert.Throws<ArgumentOutOfRangeException>(() => RidgeRegression.Fit([], [], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RidgeRegression.Fit(rows, [1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RidgeRegression.Fit(rows, [1, 2], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RidgeRegression.Fit(rows, [1, 2], -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RidgeRegression.Fit(rows, [1, 2], 1, [1]));
        Assert.Throws<ArgumentException>(() => RidgeRegression.Fit(rows, [1, 2], 1, [0, 0]));
        Assert.Throws<ArgumentException>(() => RidgeRegression.Fit(rows, [1, 2], 1, [1, double.NaN]));
    }

    private static void AssertSame(LinearModel actual, LinearModel expected)
    {
        Assert.That(actual.Intercept, Is.EqualTo(expected.Intercept).Within(1e-8));
        Assert.That(actual.Weights, Is.EqualTo(expected.Weights).Within(1e-9));
    }

    private static double Weighted(double[] share, double[] values) => share.Zip(values, static (s, v) => s * v).Sum();
}
