namespace Mlops.Drift.Tests;

internal sealed class ErrorDetectorTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Prediction("score"));

    private static readonly ErrorBaseline Baseline = new() { Measure = ErrorMeasure.Misclassification, Mean = 0.1, StandardDeviation = 0.3, Rows = 10_000 };

    [TestCase(ErrorDetectorKind.Cusum)]
    [TestCase(ErrorDetectorKind.EDetector)]
    [TestCase(ErrorDetectorKind.PageHinkley)]
    [TestCase(ErrorDetectorKind.Adwin)]
    [TestCase(ErrorDetectorKind.Ddm)]
    [TestCase(ErrorDetectorKind.HddmA)]
    public async Task A_rise_of_the_error_rate_is_found_said_once_and_cleared(ErrorDetectorKind kind)
    {
        using DriftMonitor monitor = Create(kind);
        List<DriftAlert> alerts = [];
        monitor.AddObserver(new AlertList(alerts));
        Draws draws = new(5);
        int id = 0;
        Feed(monitor, draws, 600, rate: 0.1, ref id);
        DriftReport calm = await monitor.EvaluateAsync();
        Assert.That(calm.Error!.Change, Is.EqualTo(new ErrorChange { Detector = kind, Changes = 0, IsNew = false, Rows = 600 }));
        Feed(monitor, draws, 400, rate: 0.6, ref id);
        DriftReport changed = await monitor.EvaluateAsync();
        Assert.That(changed.Error!.Change!.IsNew, Is.True);
        Assert.That(changed.Error.Change.LastAt, Is.EqualTo(changed.EvaluatedAt).Within(TimeSpan.FromMinutes(400)));
        for (int i = 0; i < 4 && monitor.Status.ActiveAlerts.Contains(AlertKind.ErrorChange); i++)
        {
            // What compares with the baseline goes on to alarm while the rate is high; the others take it for the new normal.
            Feed(monitor, draws, 50, kind is ErrorDetectorKind.Cusum or ErrorDetectorKind.EDetector ? 0.05 : 0.6, ref id);
            await monitor.EvaluateAsync();
        }

        DriftAlert[] changes = [.. alerts.Where(static alert => alert.Kind == AlertKind.ErrorChange)];
        Assert.That(changes.Select(static alert => alert.Change), Is.EqualTo(new[] { AlertChange.Raised, AlertChange.Cleared }));
        Assert.That(changes[0].Id, Does.Contain("/error_change/v1/"));
        Assert.That(changes[0].Reason, Does.StartWith($"{kind} found a change of the errors"));
    }

    [Test]
    public async Task A_restored_detector_goes_on_exactly_and_one_of_other_settings_starts_afresh()
    {
        using DriftMonitor whole = Create(ErrorDetectorKind.Cusum), restored = Create(ErrorDetectorKind.Cusum), other = Create(ErrorDetectorKind.Adwin);
        Draws draws = new(6);
        int id = 0;
        Feed(whole, draws, 500, 0.12, ref id);
        byte[] state = whole.SaveState();
        restored.RestoreState(state);
        other.RestoreState(state);
        int again = id;
        Feed(whole, new Draws(7), 300, 0.5, ref id);
        Feed(restored, new Draws(7), 300, 0.5, ref again);
        Assert.That((await restored.EvaluateAsync()).Error!.Change, Is.EqualTo((await whole.EvaluateAsync()).Error!.Change));
        Assert.That((await whole.EvaluateAsync()).Error!.Change!.Changes, Is.GreaterThan(0));
        Assert.That((await other.EvaluateAsync()).Error!.Change, Is.EqualTo(new ErrorChange { Detector = ErrorDetectorKind.Adwin, Changes = 0, IsNew = false, Rows = 0 }));
    }

    [Test]
    public async Task A_detector_that_needs_what_there_is_not_does_not_watch()
    {
        using DriftMonitor monitor = new("orders", Schema, new() { ErrorDetector = ErrorDetectorKind.EDetector });
        Draws draws = new(8);
        int id = 0;
        Feed(monitor, draws, 50, 0.1, ref id);
        Assert.That((await monitor.EvaluateAsync()).Error!.Change, Is.Null, "an e-detector needs a baseline of misclassifications");
        Assert.That(() => new DriftMonitor("orders", Schema, new() { ErrorDetectorRunLength = 1 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new DriftMonitor("orders", Schema, new() { ErrorDetector = (ErrorDetectorKind)99 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>The threshold of decisions is the baseline's, else the option's.</summary>
    [Test]
    public async Task Misclassification_is_counted_at_the_threshold_of_decisions()
    {
        double[] scores = [.. Enumerable.Range(0, 200).Select(static i => i % 2 == 0 ? 0.35 : 0.1)], actuals = [.. scores.Select(static s => s > 0.3 ? 1.0 : 0)];
        ErrorBaseline baseline = ErrorBaseline.From(scores, actuals, ErrorMeasure.Misclassification, decisionThreshold: 0.3);
        Assert.That((baseline.Mean, ErrorBaseline.From(scores, actuals, ErrorMeasure.Misclassification).Mean), Is.EqualTo((0.0, 0.5)));

        using DriftMonitor byBaseline = new("a", Schema), byOption = new("b", Schema, new() { ErrorMeasure = ErrorMeasure.Misclassification, DecisionThreshold = 0.3 });
        byBaseline.Activate("v1", errorBaseline: baseline);
        foreach (DriftMonitor monitor in (DriftMonitor[])[byBaseline, byOption])
        {
            for (int i = 0; i < scores.Length; i++)
            {
                monitor.Observe([scores[i]], [], i);
                monitor.ObserveLabel(i, actuals[i]);
            }

            ErrorDrift error = (await monitor.EvaluateAsync()).Error!;
            Assert.That((error.Mean, error.Classification!.Accuracy, error.Classification.Threshold), Is.EqualTo((0.0, 1.0, 0.3)));
        }
    }

    private static DriftMonitor Create(ErrorDetectorKind kind)
    {
        DriftMonitor monitor = new("orders", Schema, new() { ErrorDetector = kind, ErrorDetectorRunLength = 100_000 });
        monitor.Activate("v1", errorBaseline: Baseline);
        return monitor;
    }

    private static void Feed(DriftMonitor monitor, Draws draws, int count, double rate, ref int id)
    {
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (int i = 0; i < count; i++, id++)
        {
            monitor.Observe([0.9], [], id, start.AddMinutes(id));
            monitor.ObserveLabel(id, draws.Uniform() < rate ? 0 : 1);
        }
    }
}
