using Mlops.Statistics;

namespace Mlops.Drift.Tests;

/// <summary>A monitor that says what its predictions lose before any label comes.</summary>
internal sealed class EstimateTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x").Prediction("predicted"));

    private static readonly DriftMonitorOptions Options = new() { WindowRows = 500, WindowKind = WindowKind.Tumbling };

    /// <summary>The error grows with x, so windows of larger x lose more; the labels that come later say so too.</summary>
    [Test]
    public async Task A_shift_to_rows_that_lose_more_raises_an_alert_before_labels_come()
    {
        using DriftMonitor monitor = new("m", Schema, Options);
        List<DriftAlert> alerts = [];
        monitor.AddObserver(new AlertList(alerts));
        Draws draws = new(1);
        monitor.Activate("v1", Reference(draws));
        DriftReport calm = await Feed(monitor, draws, 500, 0);
        Assert.That(calm.EstimatedError!.Verdict, Is.EqualTo(DriftVerdict.NoDrift), calm.EstimatedError.Reason);
        Assert.That(calm.EstimatedError.Rows, Is.EqualTo(500));
        DriftReport first = await Feed(monitor, draws, 500, 1), second = await Feed(monitor, draws, 500, 1);

        Assert.That(second.EstimatedError!.Verdict, Is.EqualTo(DriftVerdict.Drift), second.EstimatedError.Reason);
        Assert.That(second.EstimatedError.Effect, Is.GreaterThan(0.3));
        Assert.That(second.Error!.Rows, Is.Zero, "no label has come");
        DriftAlert alert = alerts.Single(static alert => alert.Kind == AlertKind.EstimatedError);
        Assert.That((alert.Change, alert.Severity, alert.Effect), Is.EqualTo((AlertChange.Raised, AlertSeverity.Warning, second.EstimatedError.Effect)));
        Assert.That(alert.Id, Does.Contain("/estimated_error/v1/"));
        Assert.That(second.ToHtml(), Does.Contain("Estimated error"));
        Assert.That(DriftReport.FromJson(second.ToJson()).ToJson(), Is.EqualTo(second.ToJson()));
        Assert.That(first.EstimatedPerformance, Is.Null, "no estimator of it was given");

        await Feed(monitor, draws, 500, 0);
        await Feed(monitor, draws, 500, 0);
        await Feed(monitor, draws, 500, 0);
        Assert.That(alerts.Last(static alert => alert.Kind == AlertKind.EstimatedError).Change, Is.EqualTo(AlertChange.Cleared));
    }

    [Test]
    public async Task A_small_window_is_undecided_and_an_empty_one_says_so()
    {
        using DriftMonitor monitor = new("m", Schema, Options);
        Draws draws = new(2);
        monitor.Activate("v1", Reference(draws));
        Assert.That((await monitor.EvaluateAsync()).EstimatedError!.Reason, Does.StartWith("0 predictions are too few"));
        DriftReport few = await Feed(monitor, draws, 9, 0);
        Assert.That(few.EstimatedError!.Verdict, Is.EqualTo(DriftVerdict.Undecided));
        Assert.That(few.EstimatedError.Mean!.Value.Upper, Is.GreaterThan(1.5 * few.EstimatedError.ReferenceMean));
    }

    [Test]
    public async Task A_classifier_shows_its_estimated_metrics()
    {
        Draws draws = new(3);
        DriftSchema schema = DriftSchema.Create(static s => s.Prediction("score"));
        double[] scores = [.. Enumerable.Range(0, 1_000).Select(_ => draws.Uniform())], actuals = Array.ConvertAll(scores, score => draws.Uniform() < score ? 1.0 : 0);
        PerformanceEstimator estimator = PerformanceEstimator.Fit(scores, actuals);
        using DriftMonitor monitor = new("m", schema);
        monitor.Activate("v1", new ServedReference(ReferenceProfile.Build(new DriftBatch(schema).Numeric("score", scores))) { PerformanceEstimator = estimator });
        double[] served = [.. Enumerable.Range(0, 300).Select(_ => draws.Uniform())];
        foreach (double score in served)
            monitor.Observe([score], []);
        DriftReport report = await monitor.EvaluateAsync();
        Assert.That(report.EstimatedPerformance, Is.EqualTo(estimator.Estimate(served)));
        Assert.That(report.EstimatedPerformance!.Accuracy!.Value.Value, Is.EqualTo(0.75).Within(0.05));
        Assert.That(report.ToHtml(), Does.Contain("Estimated performance").And.Contain("ROC AUC"));
        Assert.That(DriftReport.FromJson(report.ToJson()).ToJson(), Is.EqualTo(report.ToJson()));
    }

    [Test]
    public async Task A_state_keeps_the_alert_and_finds_the_estimator_again()
    {
        using DriftMonitor monitor = new("m", Schema, Options), other = new("m", Schema, Options);
        Draws draws = new(4);
        ServedReference reference = Reference(draws);
        monitor.Activate("v1", reference);
        await Feed(monitor, draws, 500, 1);
        await Feed(monitor, draws, 500, 1);
        Assert.That(monitor.Status.ActiveAlerts, Does.Contain(AlertKind.EstimatedError));
        other.RestoreState(monitor.SaveState(), version => version == "v1" ? reference : null);
        Assert.That(other.Status.ActiveAlerts, Does.Contain(AlertKind.EstimatedError));
        Assert.That((await Feed(other, draws, 500, 1)).EstimatedError!.Verdict, Is.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public async Task A_learner_that_fails_leaves_the_rest_of_the_report()
    {
        using DriftMonitor monitor = new("m", Schema, Options);
        Draws draws = new(5);
        bool isBroken = false;
        monitor.Activate("v1", Reference(draws, (rows, width, targets) => new Failing(BoostedTrees.Fit(rows, width, targets), () => isBroken)));
        isBroken = true;
        DriftReport report = await Feed(monitor, draws, 500, 2);
        Assert.That(report.EstimatedError, Is.Null);
        Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void What_does_not_fit_is_refused()
    {
        DriftSchema bare = DriftSchema.Create(static s => s.Numeric("x"));
        using DriftMonitor without = new("m", bare);
        Draws draws = new(6);
        ServedReference reference = Reference(draws);
        Assert.That(() => without.Activate("v1", reference), Throws.ArgumentException.With.Message.Contains("does not fit"));
        Assert.That(() => without.Activate("v1", new ServedReference(null) { LossEstimator = reference.LossEstimator }), Throws.ArgumentException.With.Message.Contains("loss estimator"));
        PerformanceEstimator estimator = PerformanceEstimator.Fit([.. Enumerable.Range(0, 50).Select(i => (double)i)], [.. Enumerable.Range(0, 50).Select(i => i % 2.0)]);
        Assert.That(() => without.Activate("v1", new ServedReference(null) { PerformanceEstimator = estimator }), Throws.ArgumentException.With.Message.Contains("no prediction"));
        Assert.That(() => without.Activate("v1", (ServedReference)null!), Throws.ArgumentNullException);
    }

    private static ServedReference Reference(Draws draws, Learner? learner = null)
    {
        const int Rows = 2_000;
        double[] x = draws.Normals(Rows), predicted = Array.ConvertAll(x, static value => value);
        DriftBatch batch = new DriftBatch(Schema).Numeric("x", x).Numeric("predicted", predicted);
        double[] actuals = Array.ConvertAll(x, value => value + (Math.Exp(0.5 * value) * draws.Normal()));
        return new ServedReference(ReferenceProfile.Build(batch)) { LossEstimator = LossEstimator.Fit(batch, actuals, new LossEstimatorOptions { Learner = learner }) };
    }

    private static async Task<DriftReport> Feed(DriftMonitor monitor, Draws draws, int rows, double shift)
    {
        for (int i = 0; i < rows; i++)
        {
            double x = draws.Normal() + shift;
            monitor.Observe([x, x], []);
        }

        return await monitor.EvaluateAsync();
    }

    private sealed class Failing(IFittedModel inner, Func<bool> isBroken) : IFittedModel
    {
        public int FeatureCount => inner.FeatureCount;

        public double Predict(ReadOnlySpan<double> features) => isBroken() ? throw new InvalidOperationException("the learner is out of order") : inner.Predict(features);
    }
}
