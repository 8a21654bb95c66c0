namespace Mlops.Drift.Tests;

/// <summary>States that were saved under other options, and history that is read faster than it is taken in.</summary>
internal sealed class RestoredWindowTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Categorical("c"));

    [Test]
    public async Task A_window_with_more_categories_than_now_are_told_apart_is_judged()
    {
        using DriftMonitor many = Create(1_000), few = Create(20);
        for (int i = 0; i < 100; i++)
            many.Observe([], [$"c{i}"]);
        few.RestoreState(many.SaveState());
        DriftReport report = await few.EvaluateAsync();
        Assert.That(report.Rows, Is.EqualTo(100));
        Assert.That(report.Features[0].NewCategories.Sum(static c => c.Rows), Is.EqualTo(89), "eighty that are not told apart, and nine of the ten others, since ten are listed");
        Assert.That(report.Features[0].CurrentShares.Take(10), Has.All.EqualTo(0.01).Within(1e-12));
    }

    /// <summary>Texts that are no Unicode become others when they are stored; what comes after them keeps its name.</summary>
    [Test]
    public async Task Names_that_storing_changes_leave_the_others_alone()
    {
        using DriftMonitor saved = Create(1_000), restored = Create(1_000);
        foreach (string text in (string[])["\uD800", "\uD801", "\uDC00", "c1", "c1", "c2"])
            saved.Observe([], [text]);
        restored.RestoreState(saved.SaveState());
        DriftReport report = await restored.EvaluateAsync();
        Assert.That(report.Features[0].CurrentShares[1], Is.EqualTo(2.0 / 6).Within(1e-12));
        Assert.That(report.Features[0].CurrentShares[2], Is.EqualTo(1.0 / 6).Within(1e-12));
    }

    private static DriftMonitor Create(int categories)
    {
        DriftMonitor monitor = new("m", Schema, new DriftMonitorOptions { MaximumCategories = categories });
        monitor.Activate("v1", ReferenceProfile.Build(new DriftBatch(Schema).Categorical("c", [.. Enumerable.Range(0, 1_000).Select(static i => $"c{i % 10}")])));
        return monitor;
    }
}
