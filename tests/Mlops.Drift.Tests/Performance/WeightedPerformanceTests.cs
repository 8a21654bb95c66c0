namespace Mlops.Drift.Tests;

/// <summary>Where a score means something else in each of two groups and their mix shifts, calibration must weigh the reference like the window.</summary>
[TestFixture]
internal sealed class WeightedPerformanceTests
{
    [Test]
    public void Weighted_calibration_covers_where_the_plain_one_is_biased() =>
        Cover(repetitions: 50, least: CalibrationTests.BinomialQuantile(50, 0.93, 0.001), most: 50);

    /// <summary>Goal: in 90 to 99 % of 500 windows.</summary>
    [Test]
    [Explicit("500 windows, each of a reference of its own")]
    [Category("Long")]
    public void Weighted_calibration_covers_in_many_windows() => Cover(repetitions: 500, least: 450, most: 495);

    private static void Cover(int repetitions, int least, int most)
    {
        Dictionary<string, int> weighted = [], plain = [];
        for (int r = 0; r < repetitions; r++)
        {
            (double[] rows, double[] scores, double[] actuals) = Draw(1_000 + r, 2_000, share: 0.25);
            (double[] later, double[] laterScores, double[] outcomes) = Draw(100_000 + r, 500, share: 0.6);
            DensityRatio ratio = DensityRatio.EstimateRows(rows, later, 2);
            Assert.That(ratio.IsReliable, Is.True, ratio.Reason);
            PerformanceEstimatorOptions options = new() { Resamples = 50, Seed = r };
            ClassificationPerformance realised = ClassificationPerformance.Measure(laterScores, outcomes);
            Count(weighted, PerformanceEstimator.FitWeighted(scores, actuals, ratio, options).Estimate(laterScores), realised);
            Count(plain, PerformanceEstimator.Fit(scores, actuals, options).Estimate(laterScores), realised);
        }

        TestContext.Out.WriteLine("weighted: " + string.Join(", ", weighted.Select(c => $"{c.Key} {100.0 * c.Value / repetitions:F1} %")));
        TestContext.Out.WriteLine("plain: " + string.Join(", ", plain.Select(c => $"{c.Key} {100.0 * c.Value / repetitions:F1} %")));
        Assert.That(weighted.Values, Has.All.InRange(least, most));
        Assert.That(weighted.Values.Sum(), Is.LessThan(0.99 * 5 * repetitions), "intervals that hold always are too wide");
        Assert.That(plain["accuracy"], Is.LessThan(repetitions / 2));
        Assert.That(plain["precision"], Is.LessThan(repetitions / 4));
    }

    private static void Count(Dictionary<string, int> covered, EstimatedPerformance estimate, ClassificationPerformance realised)
    {
        Add("accuracy", estimate.Accuracy, realised.Accuracy);
        Add("precision", estimate.Precision, realised.Precision);
        Add("recall", estimate.Recall, realised.Recall);
        Add("F1", estimate.F1, realised.F1);
        Add("ROC AUC", estimate.RocAuc, realised.RocAuc);

        void Add(string name, EstimatedMetric? metric, double? value) =>
            covered[name] = covered.GetValueOrDefault(name) + (value >= metric!.Value.Lower - 1e-12 && value <= metric.Value.Upper + 1e-12 ? 1 : 0);
    }

    [Test]
    public void Equal_weights_of_any_scale_change_nothing_and_whole_weights_are_repetitions()
    {
        (_, double[] scores, double[] actuals) = Draw(1, 400, 0.5);
        PerformanceEstimatorOptions options = new() { Resamples = 20 };
        PerformanceEstimator plain = PerformanceEstimator.Fit(scores, actuals, options);
        Assert.That(
            PerformanceEstimator.Fit(scores, actuals, options, [.. Enumerable.Repeat(4.0, 400)]).Estimate(scores),
            Is.EqualTo(plain.Estimate(scores)));
        double[] weights = [.. Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? 3.0 : 1)];
        PerformanceEstimator weighted = PerformanceEstimator.Fit(scores, actuals, options, weights);
        PerformanceEstimator repeated = PerformanceEstimator.Fit(
            [.. Enumerable.Range(0, 400).SelectMany(i => Enumerable.Repeat(scores[i], (int)weights[i]))],
            [.. Enumerable.Range(0, 400).SelectMany(i => Enumerable.Repeat(actuals[i], (int)weights[i]))],
            options);
        foreach (double score in scores)
            Assert.That(weighted.Calibrate(score), Is.EqualTo(repeated.Calibrate(score)).Within(1e-12));
        Assert.That(scores.Select(plain.Calibrate), Is.Not.EqualTo(scores.Select(weighted.Calibrate)));
    }

    [Test]
    public void Bad_weights_are_refused()
    {
        (double[] rows, double[] scores, double[] actuals) = Draw(2, 300, 0.5);
        double[] ones = [.. Enumerable.Repeat(1.0, 300)];
        Assert.That(() => PerformanceEstimator.Fit(scores, actuals, null, [1]), Throws.ArgumentException.With.Message.Contains("as many weights"));
        Assert.That(() => PerformanceEstimator.Fit(scores, actuals, null, [.. ones[1..], 0]), Throws.ArgumentException.With.Message.Contains("positive"));
        Assert.That(() => PerformanceEstimator.Fit(scores, actuals, null, [.. ones[1..], double.NaN]), Throws.ArgumentException);

        // The weight of a row that is left out does not matter.
        Assert.That(PerformanceEstimator.Fit([.. scores, double.NaN], [.. actuals, 1], null, [.. ones, -1]).Calibrate(0.7), Is.EqualTo(PerformanceEstimator.Fit(scores, actuals).Calibrate(0.7)));

        DensityRatio ratio = DensityRatio.EstimateRows(rows, Draw(3, 300, 0.6).Rows, 2);
        Assert.That(PerformanceEstimator.FitWeighted(scores, actuals, ratio).Calibrate(0.7), Is.EqualTo(PerformanceEstimator.Fit(scores, actuals, null, ratio.Weights.Span).Calibrate(0.7)));
        Assert.That(() => PerformanceEstimator.FitWeighted(scores, actuals, ratio with { IsReliable = false, Reason = "for a reason" }), Throws.ArgumentException.With.Message.Contains("for a reason"));
        Assert.That(() => PerformanceEstimator.FitWeighted(scores, actuals, null!), Throws.ArgumentNullException);
    }

    /// <summary>The method's limit: when like inputs turn out otherwise than before, the estimate does not know.</summary>
    [Test]
    public void Concept_drift_is_not_seen()
    {
        (double[] rows, double[] scores, double[] actuals) = Draw(4, 2_000, 0.25);
        int covered = 0;
        for (int w = 0; w < 10; w++)
        {
            (double[] later, double[] laterScores, double[] outcomes) = Draw(600 + w, 1_000, 0.4, harm: 1.5);
            EstimatedMetric precision = PerformanceEstimator.FitWeighted(scores, actuals, DensityRatio.EstimateRows(rows, later, 2), new() { Resamples = 20 }).Estimate(laterScores).Precision!.Value;
            double realised = ClassificationPerformance.Measure(laterScores, outcomes).Precision!.Value;
            covered += realised >= precision.Lower && realised <= precision.Upper ? 1 : 0;
            Assert.That(precision.Value, Is.GreaterThan(realised + 0.05), "the estimate stays at what was");
        }

        Assert.That(covered, Is.Zero);
    }

    /// <summary>Inputs x and a group; the score knows x alone, and what it announces happens far less often in the second group.</summary>
    private static (double[] Rows, double[] Scores, double[] Actuals) Draw(int seed, int count, double share, double harm = 0)
    {
        Draws draws = new(seed);
        double[] rows = new double[2 * count], scores = new double[count], actuals = new double[count];
        for (int i = 0; i < count; i++)
        {
            double x = draws.Normal(), group = draws.Uniform() < share ? 1 : 0;
            (rows[2 * i], rows[(2 * i) + 1]) = (x, group);
            scores[i] = 1 / (1 + Math.Exp(-2 * x));
            actuals[i] = draws.Uniform() < 1 / (1 + Math.Exp((-2 * x) + (2.5 * group) + harm)) ? 1 : 0;
        }

        return (rows, scores, actuals);
    }
}
