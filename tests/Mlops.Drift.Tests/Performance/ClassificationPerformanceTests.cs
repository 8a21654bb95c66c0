namespace Mlops.Drift.Tests;

[TestFixture]
internal sealed class ClassificationPerformanceTests
{
    /// <summary>Figures by hand: scikit-learn's own example of scores (0.1, 0.4, 0.35, 0.8) with the classes 0, 0, 1, 1.</summary>
    [Test]
    public void A_small_example_has_the_figures_of_the_definitions()
    {
        ClassificationPerformance p = ClassificationPerformance.Measure([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);
        Assert.That((p.Rows, p.Positives, p.TruePositives, p.FalsePositives), Is.EqualTo((4L, 2L, 1L, 0L)));
        Assert.That(p.RocAuc!.Value, Is.EqualTo(0.75).Within(1e-12));
        Assert.That(p.AveragePrecision!.Value, Is.EqualTo(0.5 + (0.5 * 2 / 3)).Within(1e-12));
        Assert.That((p.Accuracy, p.Precision, p.Recall, p.FalsePositiveRate), Is.EqualTo((0.75, 1.0, 0.5, 0.0)));
        Assert.That(p.F1!.Value, Is.EqualTo(2.0 / 3).Within(1e-12));
        Assert.That(p.LogLoss!.Value, Is.EqualTo(-(Math.Log(0.9) + Math.Log(0.6) + Math.Log(0.35) + Math.Log(0.8)) / 4).Within(1e-12));
        Assert.That(p.Brier!.Value, Is.EqualTo((0.01 + 0.16 + 0.4225 + 0.04) / 4).Within(1e-12));
        Assert.That(p.CalibrationError!.Value, Is.EqualTo((0.1 + 0.4 + 0.65 + 0.2) / 4).Within(1e-12));
    }

    [Test]
    public void Areas_equal_the_count_of_pairs_and_the_sum_over_thresholds([Range(1, 12)] int seed)
    {
        Random random = new(seed);
        int n = 20 + random.Next(200);
        double[] scores = [.. Enumerable.Range(0, n).Select(_ => random.Next(seed % 2 == 0 ? 8 : 100_000) / 100_000.0)];
        double[] actuals = [.. scores.Select(s => random.NextDouble() < 0.3 + (3 * s) ? 1.0 : 0)];
        ClassificationPerformance measured = ClassificationPerformance.Measure(scores, actuals, 0.3);

        double pairs = 0, wins = 0, average = 0, before = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                if (actuals[i] < 0.5 || actuals[j] >= 0.5)
                    continue;
                pairs++;
                wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
        }

        foreach (double threshold in scores.Distinct().OrderDescending())
        {
            int announced = scores.Count(s => s >= threshold), hits = Enumerable.Range(0, n).Count(i => scores[i] >= threshold && actuals[i] >= 0.5);
            double recall = hits / actuals.Sum();
            average += (recall - before) * hits / announced;
            before = recall;
        }

        Assert.That(measured.RocAuc, pairs > 0 ? Is.EqualTo(wins / pairs).Within(1e-12) : Is.Null);
        Assert.That(measured.AveragePrecision!.Value, Is.EqualTo(average).Within(1e-12));
        Assert.That(measured.TruePositives, Is.EqualTo(Enumerable.Range(0, n).Count(i => scores[i] >= 0.3 && actuals[i] >= 0.5)));
    }

    [Test]
    public void Calibrated_scores_have_a_small_error_and_shifted_ones_that_of_the_shift()
    {
        Random random = new(5);
        double[] truth = [.. Enumerable.Range(0, 40_000).Select(_ => 0.1 + (0.6 * random.NextDouble()))];
        double[] actuals = [.. truth.Select(p => random.NextDouble() < p ? 1.0 : 0)];
        Assert.That(ClassificationPerformance.Measure(truth, actuals).CalibrationError!.Value, Is.LessThan(0.012));
        Assert.That(ClassificationPerformance.Measure([.. truth.Select(p => p + 0.2)], actuals).CalibrationError!.Value, Is.EqualTo(0.2).Within(0.01));
    }

    [Test]
    public void What_is_undefined_is_null()
    {
        ClassificationPerformance none = ClassificationPerformance.Measure([], []);
        Assert.That(new[] { none.Accuracy, none.Precision, none.Recall, none.F1, none.RocAuc, none.AveragePrecision, none.LogLoss, none.Brier, none.CalibrationError }, Is.All.Null);
        ClassificationPerformance negative = ClassificationPerformance.Measure([0.2, 0.4], [0, 0]);
        Assert.That((negative.Recall, negative.Precision, negative.RocAuc, negative.AveragePrecision, negative.F1), Is.EqualTo(((double?)null, (double?)null, (double?)null, (double?)null, (double?)null)));
        Assert.That(negative.Accuracy, Is.EqualTo(1));

        ClassificationPerformance margins = ClassificationPerformance.Measure([-3, 2, double.NaN, 5], [0, 1, 1, double.PositiveInfinity], 0);
        Assert.That((margins.Rows, margins.RocAuc, margins.LogLoss, margins.Brier, margins.CalibrationError), Is.EqualTo((2L, (double?)1, (double?)null, (double?)null, (double?)null)));
        Assert.That(() => ClassificationPerformance.Measure([1], [1, 0]), Throws.ArgumentException);
        Assert.That(() => ClassificationPerformance.Measure([1], [1], double.NaN), Throws.ArgumentException);
        Assert.That(ClassificationPerformance.Measure([1, 0], [1, 0]).LogLoss!.Value, Is.EqualTo(1e-15).Within(1e-15), "certain and right");
    }

    [Test]
    public async Task A_monitor_of_probabilities_shows_them_with_its_error()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Prediction("p"));
        using DriftMonitor monitor = new("classifier", schema, new() { ErrorMeasure = ErrorMeasure.LogLoss, ErrorWindowRows = 100 });
        Random random = new(3);
        double[] scores = [.. Enumerable.Range(0, 100).Select(_ => random.NextDouble())], actuals = [.. scores.Select(p => random.NextDouble() < p ? 1.0 : 0)];
        for (int i = 0; i < scores.Length; i++)
        {
            monitor.Observe([scores[i]], id: i + 1);
            monitor.ObserveLabel(i + 1, actuals[i]);
        }

        DriftReport report = await monitor.EvaluateAsync();
        Assert.That(report.Error!.Classification, Is.EqualTo(ClassificationPerformance.Measure(scores, actuals)));
        Assert.That(report.Error.MeanAbsolutePercentageError, Is.Null, "some outcomes are 0");
        Assert.That(DriftReport.FromJson(report.ToJson()).Error!.Classification!.Positives, Is.EqualTo((long)actuals.Sum()));
        Assert.That(report.ToHtml(), Does.Contain("ROC AUC").And.Contain("Brier"));
    }
}
