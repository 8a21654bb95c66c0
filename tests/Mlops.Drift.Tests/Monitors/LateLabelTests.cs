namespace Mlops.Drift.Tests;

/// <summary>Labels that come after their window was judged.</summary>
internal sealed class LateLabelTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x").Prediction("score"));

    [Test]
    public async Task A_verdict_is_revised_when_more_labels_come_and_survives_a_restart()
    {
        using DriftMonitor monitor = Create(WindowKind.Tumbling);
        Draws draws = new(1);
        Observe(monitor, draws, first: 0, count: 200);
        Observe(monitor, draws, first: 200, count: 100);

        // The first labels of the first window agree, most of the others do not.
        Label(monitor, 0, 20, wrong: 0);
        DriftReport first = await monitor.EvaluateAsync();
        Label(monitor, 20, 200, wrong: 0.7);
        Label(monitor, 200, 250, wrong: 0);

        using DriftMonitor restored = Create(WindowKind.Tumbling);
        restored.RestoreState(monitor.SaveState());
        foreach (DriftMonitor one in (DriftMonitor[])[monitor, restored])
        {
            DriftReport second = await one.EvaluateAsync();
            WindowPerformance revised = second.LabelledWindows.Single();
            Assert.That((revised.Rows, revised.Labelled, revised.Revision), Is.EqualTo((200, 200, 1)));
            Assert.That((revised.Before, revised.Error.Verdict), Is.EqualTo((DriftVerdict.NoDrift, DriftVerdict.Drift)));
            Assert.That(revised.Error.Mean, Is.InRange(0.5, 0.75));
            Assert.That(DriftReport.FromJson(second.ToJson()).LabelledWindows.Single().Error.Mean, Is.EqualTo(revised.Error.Mean));
            Assert.That(second.ToHtml(), Does.Contain("Labels of ended windows"));
        }

        WindowPerformance initial = first.LabelledWindows.Single();
        Assert.That((initial.Labelled, initial.Revision, initial.Before, initial.Error.Verdict), Is.EqualTo((20, 0, (DriftVerdict?)null, DriftVerdict.NoDrift)));
        Assert.That(initial.To - initial.From, Is.EqualTo(TimeSpan.FromMinutes(199)));
        Assert.That((await monitor.EvaluateAsync()).LabelledWindows, Is.Empty, "no label came since");
    }

    [Test]
    public async Task Sliding_windows_have_none_and_labels_of_forgotten_windows_still_count_in_the_error()
    {
        using DriftMonitor sliding = Create(WindowKind.Sliding);
        Observe(sliding, new Draws(2), 0, 300);
        Label(sliding, 0, 300, wrong: 0);
        Assert.That((await sliding.EvaluateAsync()).LabelledWindows, Is.Empty);

        using DriftMonitor tumbling = Create(WindowKind.Tumbling);
        Observe(tumbling, new Draws(3), 0, 200 * (WindowLedger.MaximumWindows + 2));
        Label(tumbling, 0, 10, wrong: 1);
        DriftReport report = await tumbling.EvaluateAsync();
        Assert.That(report.LabelledWindows, Is.Empty);
        Assert.That(report.Error!.Rows, Is.EqualTo(10));
    }

    [Test]
    public async Task Labels_of_a_superseded_version_revise_its_windows()
    {
        using DriftMonitor monitor = Create(WindowKind.Tumbling);
        Observe(monitor, new Draws(4), 0, 150);
        monitor.Activate("v2", errorBaseline: Baseline);
        Label(monitor, 0, 100, wrong: 1);
        WindowPerformance old = (await monitor.EvaluateAsync()).LabelledWindows.Single();
        Assert.That((old.ModelVersion, old.Rows, old.Labelled, old.Error.Verdict), Is.EqualTo(("v1", 150, 100, DriftVerdict.Drift)));
    }

    private static ErrorBaseline Baseline { get; } = new() { Measure = ErrorMeasure.Misclassification, Mean = 0.1, StandardDeviation = 0.3, Rows = 10_000 };

    private static DriftMonitor Create(WindowKind kind)
    {
        DriftMonitor monitor = new("orders", Schema, new() { WindowRows = 200, WindowKind = kind });
        monitor.Activate("v1", errorBaseline: Baseline);
        return monitor;
    }

    private static void Observe(DriftMonitor monitor, Draws draws, int first, int count)
    {
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (int i = first; i < first + count; i++)
            monitor.Observe([draws.Normal(), 0.9], [], i, at: start.AddMinutes(i));
    }

    private static void Label(DriftMonitor monitor, int from, int to, double wrong)
    {
        Draws draws = new(100 + from);
        for (int i = from; i < to; i++)
            monitor.ObserveLabel(i, draws.Uniform() < wrong ? 0 : 1);
    }
}
