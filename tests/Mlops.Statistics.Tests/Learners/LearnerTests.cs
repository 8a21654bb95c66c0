using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class LearnerTests
{
    [Test]
    public void Ridge_recovers_an_exact_line_through_offsets_and_scales()
    {
        double[] x1 = TestData.Normal(1, 200, 1e6, 10), x2 = TestData.Normal(2, 200, 0, 1e-3);
        double[] rows = [.. x1.Zip(x2, (a, b) => new[] { a, b }).SelectMany(r => r)];
        double[] y = [.. x1.Zip(x2, (a, b) => 3 + (0.5 * a) - (200 * b))];
        RidgeRegression model = RidgeRegression.Fit(rows, 2, y, penalty: 1e-14);

        Assert.That(model.Coefficients[0], Is.EqualTo(0.5).Within(1e-9));
        Assert.That(model.Coefficients[1], Is.EqualTo(-200).Within(1e-6));
        Assert.That(model.Predict([1e6, 0]), Is.EqualTo(500_003).Within(1e-5));
    }

    [Test]
    public void Ridge_satisfies_its_normal_equations()
    {
        double[] rows = TestData.Normal(3, 300), y = TestData.Normal(4, 100, 5);
        const double Penalty = 0.3;
        RidgeRegression model = RidgeRegression.Fit(rows, 3, y, Penalty);
        for (int j = 0; j < 3; j++)
        {
            double[] column = [.. Enumerable.Range(0, 100).Select(i => rows[(i * 3) + j])];
            double mean = column.Average(), scale = Math.Sqrt(column.Average(v => (v - mean) * (v - mean)));
            double gradient = Enumerable.Range(0, 100).Average(i => (column[i] - mean) / scale * (model.Predict(rows.AsSpan(i * 3, 3)) - y[i]));
            Assert.That(gradient + (Penalty * model.Coefficients[j] * scale), Is.Zero.Within(1e-12));
        }

        Assert.That(Enumerable.Range(0, 100).Average(i => model.Predict(rows.AsSpan(i * 3, 3)) - y[i]), Is.Zero.Within(1e-12));
    }

    [Test]
    public void Collinear_and_constant_columns_are_no_obstacle()
    {
        RidgeRegression model = RidgeRegression.Fit([1, 2, 7, 2, 4, 7, 3, 6, 7], 3, [1, 2, 3]);

        Assert.That(model.Predict([2, 4, 7]), Is.EqualTo(2).Within(1e-5));
    }

    [Test]
    public void Logistic_regression_is_at_the_minimum_of_its_loss()
    {
        double[] rows = TestData.Normal(5, 400, 10, 3);
        SplitMix64 random = new(6);
        double[] labels = [.. Enumerable.Range(0, 200).Select(i => random.NextDouble() < LogisticRegression.Probability((0.4 * rows[2 * i]) - (0.3 * rows[(2 * i) + 1]) - 1) ? 1.0 : 0)];
        const double Penalty = 0.01;
        LogisticRegression model = LogisticRegression.Fit(rows, 2, labels, Penalty);
        double intercept = Enumerable.Range(0, 200).Average(i => model.Predict(rows.AsSpan(i * 2, 2)) - labels[i]);

        Assert.That(intercept, Is.Zero.Within(1e-10));
        for (int j = 0; j < 2; j++)
        {
            double[] column = [.. Enumerable.Range(0, 200).Select(i => rows[(i * 2) + j])];
            double mean = column.Average(), scale = Math.Sqrt(column.Average(v => (v - mean) * (v - mean)));
            double gradient = Enumerable.Range(0, 200).Average(i => (column[i] - mean) / scale * (model.Predict(rows.AsSpan(i * 2, 2)) - labels[i]));
            Assert.That(gradient + (Penalty * model.Coefficients[j] * scale), Is.Zero.Within(1e-10));
        }
    }

    /// <summary>Labels that no feature tells: the loss is flat around its minimum, so rounding decides whether it falls.</summary>
    [Test]
    public void Rounding_at_the_minimum_does_not_hold_up_the_fit()
    {
        int most = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            double[] labels = [.. Enumerable.Range(0, 4_000).Select(i => (double)(i % 2))];
            most = Math.Max(most, LogisticRegression.Fit(TestData.Normal((ulong)seed, 40_000), 10, labels).Passes);
        }

        Assert.That(most, Is.LessThanOrEqualTo(8));
    }

    [Test]
    public void Separated_labels_and_a_single_class_have_finite_models()
    {
        LogisticRegression separated = LogisticRegression.Fit([1, 2, 3, 4], 1, [0, 0, 1, 1]);
        LogisticRegression single = LogisticRegression.Fit([1, 2, 3], 1, [1, 1, 1]);

        Assert.That(separated.Predict([4.0]), Is.InRange(0.9, 1));
        Assert.That(double.IsFinite(separated.Coefficients[0]), Is.True);
        Assert.That(single.Predict([9.0]), Is.EqualTo(0.8).Within(1e-12));
    }

    [Test]
    public void Isotonic_fit_is_monotone_keeps_the_mean_and_beats_every_constant() =>
        Gen.Int[1, 60].SelectMany(n => Gen.Select(Gen.Int[0, 20].Array[n], Gen.Double[-5, 5].Array[n])).Sample((inputs, y) =>
        {
            double[] x = [.. inputs.Select(v => (double)v)];
            IsotonicRegression model = IsotonicRegression.Fit(x, y);
            double[] fitted = [.. x.Select(v => model.Predict(v))];
            Assert.That(model.KnotValues.ToArray(), Is.Ordered);
            Assert.That(fitted.Average(), Is.EqualTo(y.Average()).Within(1e-10));

            // The projection onto the cone is orthogonal to its residual.
            Assert.That(fitted.Zip(y, (f, t) => f * (t - f)).Sum(), Is.Zero.Within(1e-8));
        });

    [Test]
    public void Isotonic_interpolates_between_knots_and_clips_beyond_them()
    {
        // Pools 3, 1 into 2; scikit-learn gives the same knots.
        IsotonicRegression model = IsotonicRegression.Fit([1, 2, 3, 5], [0, 3, 1, 6]);

        Assert.That(new[] { -9.0, 1, 1.5, 2, 2.5, 3, 4, 9 }.Select(model.Predict), Is.EqualTo(new[] { 0, 0, 1.0, 2, 2, 2, 4, 6 }).Within(1e-12));
        Assert.That(IsotonicRegression.Fit([1, 2], [4, 1], [3, 1]).Predict(1.7), Is.EqualTo(3.25));
        Assert.That(model.Predict(double.NaN), Is.NaN);
    }

    [Test]
    public void Learners_fit_the_seam_and_name_bad_input()
    {
        Learner learner = static (rows, columns, targets) => RidgeRegression.Fit(rows, columns, targets);

        Assert.That(learner([1, 2], 1, [1, 2]).FeatureCount, Is.EqualTo(1));
        Assert.That(() => learner([1, 2, 3], 2, [1, 2]), Throws.ArgumentException.With.Message.Contains("need 4 features"));
        Assert.That(() => learner([double.NaN], 1, [1]), Throws.ArgumentException.With.Message.Contains("row 0"));
        Assert.That(() => LogisticRegression.Fit([1], 1, [0.5]), Throws.ArgumentException.With.Message.Contains("0.5"));
        Assert.That(() => IsotonicRegression.Fit([1], [1], [0]), Throws.ArgumentException);
        Assert.That(() => IsotonicRegression.Fit([], []), Throws.ArgumentException);
    }

    [Test]
    public void Isotonic_weights_belong_to_their_targets_in_any_order()
    {
        // At 1 the mean of 0 (weight 3) and 4 (weight 1) is 1; at 2 and 3 the fall from 5 to 2 pools to (5 + 2 * 2) / 3 = 3.
        IsotonicRegression fit = IsotonicRegression.Fit([3, 1, 2, 1], [2, 4, 5, 0], [2, 1, 1, 3]);
        Assert.That(new[] { fit.Predict(1), fit.Predict(2), fit.Predict(3) }, Is.EqualTo(new[] { 1.0, 3, 3 }).Within(1e-12));
    }

    [Test]
    public void Isotonic_weights_whose_sum_overflows_are_refused() =>
        Assert.That(() => IsotonicRegression.Fit([1, 2], [1, 0], [1e308, 1e308]), Throws.ArgumentException.With.Message.Contains("too large"));
}
