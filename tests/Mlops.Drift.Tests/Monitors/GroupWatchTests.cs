namespace Mlops.Drift.Tests;

/// <summary>Groups compared by a monitor: the same figures as by themselves, and an alert once a gap is proven.</summary>
internal sealed class GroupWatchTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("income").Segment("country").Segment("sex").Prediction("score"));

    [Test]
    public async Task A_monitor_measures_what_gaps_alone_measure_and_raises_an_alert()
    {
        GroupGaps alone = new();
        using DriftMonitor monitor = Create(), restored = Create();
        List<DriftAlert> alerts = [];
        restored.AddObserver(new AlertList(alerts));
        Draws draws = new(1);
        List<(double Actual, string Group, double Score)> outcomes = [];
        for (int i = 0; i < 4_000; i++)
        {
            string country = draws.Uniform() < 0.5 ? "AT" : "CH", sex = draws.Uniform() < 0.5 ? "f" : "m";
            double score = draws.Uniform() < (sex == "f" ? 0.2 : 0.5) ? 0.8 : 0.1, actual = draws.Uniform() < score ? 1 : 0;
            monitor.Observe([draws.Normal(), score], [country, sex], i);
            alone.ObservePrediction(sex, score);
            outcomes.Add((actual, sex, score));
        }

        // Labels come in another order, after a restart.
        restored.RestoreState(monitor.SaveState());
        for (int i = 3_999; i >= 0; i--)
        {
            restored.ObserveLabel(i, outcomes[i].Actual);
            alone.ObserveOutcome(outcomes[i].Group, outcomes[i].Score, outcomes[i].Actual);
        }

        DriftReport report = await restored.EvaluateAsync();
        foreach (GroupRateKind kind in Enum.GetValues<GroupRateKind>())
        {
            GroupGap mine = report.GroupGaps.Single(gap => gap.Column == "sex" && gap.Kind == kind), theirs = alone.Measure(kind);
            Assert.That((mine.Value, mine.Lower, mine.Upper, mine.Highest, mine.IsProven), Is.EqualTo((theirs.Value, theirs.Lower, theirs.Upper, theirs.Highest, theirs.IsProven)), kind.ToString());
        }

        Assert.That(report.GroupGaps.Count(static gap => gap.Column == "country" && gap.IsProven), Is.Zero);
        DriftAlert alert = alerts.Single(static alert => alert.Kind == AlertKind.GroupGap);
        Assert.That(alert.Features, Is.EqualTo(new[] { "sex" }));
        Assert.That(alert.Segments, Is.EqualTo(new[] { "sex: f and m" }));
        Assert.That(alert.Reason, Does.StartWith("sex: the selection rate of two groups differs by at least").And.Not.Contain(" f "), "reasons are logged");
        Assert.That(restored.Status.ActiveAlerts, Is.EqualTo(new[] { AlertKind.GroupGap }));
        Assert.That(report.ToHtml(), Does.Contain("<h2>Groups</h2>"));
        Assert.That(DriftReport.FromJson(report.ToJson()).GroupGaps, Has.Count.EqualTo(10));
    }

    /// <summary>Groups are numbered as they come. Where a restored comparison begins afresh, the numbers that waiting predictions carry mean nothing any more.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Labels_of_groups_counted_under_other_options_credit_nobody(bool alike)
    {
        using DriftMonitor before = Create();
        for (int i = 0; i < 40; i++)
            before.Observe([0, 0.9], ["AT", i % 2 == 0 ? "f" : "m"], i);
        using DriftMonitor after = new("a", Schema, new() { GroupGaps = new() { MinimumGroupSize = 1, MaximumGroups = alike ? new GroupGapOptions().MaximumGroups : 7 } });
        after.RestoreState(before.SaveState());
        after.Observe([0, 0.9], ["CH", "x"]);
        for (int i = 0; i < 40; i++)
            after.ObserveLabel(i, 1);
        GroupGap rate = (await after.EvaluateAsync()).GroupGaps.Single(static gap => gap.Column == "sex" && gap.Kind == GroupRateKind.TruePositive);
        Assert.That(rate.Groups.Sum(static group => group.Count), Is.EqualTo(alike ? 40 : 0));
    }

    [Test]
    public void A_schema_without_groups_or_predictions_is_refused()
    {
        DriftMonitorOptions options = new() { GroupGaps = new() };
        Assert.That(() => new DriftMonitor("a", DriftSchema.Create(static s => s.Prediction("score")), options), Throws.ArgumentException.With.Message.Contain("0 of these"));
        Assert.That(() => new DriftMonitor("a", DriftSchema.Create(static s => s.Segment("country")), options), Throws.ArgumentException.With.Message.Contain("needs a prediction"));
        DriftSchema seven = DriftSchema.Create(static s =>
        {
            s.Prediction("score");
            for (int i = 0; i < 7; i++)
                s.Segment($"s{i}");
        });
        Assert.That(() => new DriftMonitor("a", seven, options), Throws.ArgumentException.With.Message.Contain("7 of these"));
        Assert.That(() => new DriftMonitor("a", Schema, new() { GroupGaps = new() { Alpha = 2 } }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Groups_beyond_the_limit_and_missing_ones_are_left_out()
    {
        using DriftMonitor monitor = new("a", Schema, new() { GroupGaps = new() { MaximumGroups = 2, MinimumGroupSize = 1 } });
        for (int i = 0; i < 30; i++)
        {
            monitor.Observe([1, 0.9], [i % 5 == 4 ? null : $"c{i % 5}", "f"], i);
            monitor.ObserveLabel(i, 1);
        }

        GroupGap selection = (await monitor.EvaluateAsync()).GroupGaps[0];
        Assert.That(selection.Groups.Select(static group => (group.Group, group.Count)), Is.EqualTo(new[] { ("c0", 6L), ("c1", 6L) }));
        Assert.That(selection.LeftOut, Is.GreaterThanOrEqualTo(12));
    }

    private static DriftMonitor Create()
    {
        DriftMonitor monitor = new("orders", Schema, new() { GroupGaps = new() });
        monitor.Activate("v1");
        return monitor;
    }
}
