namespace Mlops.Drift.Tests;

/// <summary>Values no model should see, through the public API: an answer that reads back, and never an exception.</summary>
internal sealed class BadInputTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x"));

    private static readonly Dictionary<string, Func<Draws, double>> Laws = new()
    {
        ["normal"] = static d => d.Normal(),
        ["NaN"] = static _ => double.NaN,
        ["missing"] = static _ => DriftSchema.Missing,
        ["infinity"] = static _ => double.PositiveInfinity,
        ["both infinities"] = static d => d.Uniform() < 0.5 ? double.PositiveInfinity : double.NegativeInfinity,
        ["mostly NaN"] = static d => d.Uniform() < 0.9 ? double.NaN : d.Normal(),
        ["largest"] = static d => d.Uniform() < 0.5 ? double.MaxValue : double.MinValue,
        ["smallest"] = static d => d.Next(3) * double.Epsilon,
        ["signed zeros"] = static d => d.Uniform() < 0.5 ? 0.0 : -0.0,
    };

    private static IEnumerable<string> Names => Laws.Keys;

    [Test]
    public void Floods_on_either_side_are_answered([ValueSource(nameof(Names))] string reference)
    {
        Draws draws = new(1);
        ReferenceProfile built = ReferenceProfile.Build(Batch(draws, reference, 500));
        ReferenceProfile profile = ReferenceProfile.Read(built.ToArray());
        Assert.That(profile.Digest, Is.EqualTo(built.Digest));
        foreach (string window in Names)
        {
            foreach (int rows in (int[])[1, 2, 300])
            {
                DriftReport report = DriftReport.Compare(profile, Batch(draws, window, rows));

                Assert.That(DriftReport.FromJson(report.ToJson()).ToJson(), Is.EqualTo(report.ToJson()), $"{window}, {rows} rows");
                Assert.That(report.ToHtml(), Does.Contain("</html>"));
                FeatureDrift feature = report.Features[0];
                Assert.That(feature.PValue is null or (>= 0 and <= 1), Is.True, $"{window}, {rows} rows: p {feature.PValue}");
                Assert.That(feature.Effect is null || double.IsFinite(feature.Effect.Value), Is.True, $"{window}, {rows} rows: effect {feature.Effect}");
                if (rows <= 2 && window == reference)
                    Assert.That(report.Verdict, Is.Not.EqualTo(DriftVerdict.Drift), $"{rows} rows of {window}");
            }
        }
    }

    [TestCase("NaN")]
    [TestCase("missing")]
    [TestCase("infinity")]
    [TestCase("both infinities")]
    [TestCase("mostly NaN")]
    [TestCase("largest")]
    [TestCase("smallest")]
    public void A_flood_is_drift(string window)
    {
        Draws draws = new(2);
        ReferenceProfile profile = ReferenceProfile.Build(Batch(draws, "normal", 2_000));

        Assert.That(DriftReport.Compare(profile, Batch(draws, window, 300)).Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(DriftReport.Compare(profile, Batch(draws, "normal", 300)).Verdict, Is.Not.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void An_empty_window_is_undecided()
    {
        DriftReport report = DriftReport.Compare(ReferenceProfile.Build(Batch(new Draws(3), "normal", 100)), Batch(new Draws(4), "normal", 0));

        Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Undecided));
        Assert.That(report.Warnings, Has.Some.Contains("empty"));
        Assert.That(report.ToHtml(), Does.Contain("</html>"));
        Assert.That(static () => ReferenceProfile.Build(Batch(new Draws(4), "normal", 0)), Throws.ArgumentException.With.Message.Contains("rows"));
    }

    /// <summary>An identifier taken for a category: hundreds of thousands of names, of which a profile and a report keep a few.</summary>
    [Test]
    public void A_reference_of_distinct_categories_stays_small()
    {
        const int Rows = 300_000;
        DriftSchema schema = DriftSchema.Create(static s => s.Categorical("id"));
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Categorical("id", [.. Enumerable.Range(0, Rows).Select(static i => $"a{i}")]));

        DriftReport report = DriftReport.Compare(profile, new DriftBatch(schema).Categorical("id", [.. Enumerable.Range(0, Rows).Select(static i => $"b{i}")]));

        Assert.That(profile.Rows, Is.EqualTo(Rows));
        Assert.That(profile.ToArray(), Has.Length.LessThan(1_000_000));
        Assert.That(report.ToJson(), Has.Length.LessThan(100_000));
    }

    [Test]
    public void A_selector_that_throws_ends_a_build_and_a_comparison_and_the_next_one_works()
    {
        DriftSchema<double> schema = DriftSchema.For<double>(static s => s.Numeric(static x => x > 90 ? throw new InvalidOperationException("no") : x, "x"));
        double[] good = new Draws(5).Normals(100), bad = [.. good, 99];
        Assert.That(() => ReferenceProfile.Build(schema, bad), Throws.InvalidOperationException.With.Message.EqualTo("no"));

        ReferenceProfile profile = ReferenceProfile.Build(schema, good);
        Assert.That(() => DriftReport.Compare(profile, bad), Throws.InvalidOperationException.With.Message.EqualTo("no"));
        Assert.That(DriftReport.Compare(profile, good).Rows, Is.EqualTo(100));
    }

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    [TestCase(double.NegativeInfinity)]
    [TestCase(1e50)]
    [TestCase(double.MaxValue)]
    public async Task A_monitor_takes_predictions_and_labels_that_are_no_numbers(double bad)
    {
        double[] values = [bad, DriftSchema.Missing, 1, -1, 0, 2];
        DriftSchema schema = DriftSchema.Create(static s => s.Numeric("x").Prediction("predicted"));
        Draws draws = new(6);
        using DriftMonitor monitor = new("bad", schema, new DriftMonitorOptions { WindowRows = 200, ErrorWindowRows = 200 });
        monitor.Activate(
            "1",
            ReferenceProfile.Build(new DriftBatch(schema).Numeric("x", draws.Normals(500)).Numeric("predicted", draws.Normals(500))),
            ErrorBaseline.From(draws.Normals(500), draws.Normals(500)));
        for (int i = 0; i < 600; i++)
        {
            monitor.Observe([values[i % 6], values[i / 6 % 6]], [], id: (long)i);
            monitor.ObserveLabel((long)i, values[i / 36 % 6]);
        }

        DriftReport report = await monitor.EvaluateAsync();
        MonitorStatus status = monitor.Status;
        Assert.That((status.Rows, status.DroppedRows, status.FailedRows, status.MalformedRows), Is.EqualTo((600L, 0L, 0L, 0L)));
        Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(DriftReport.FromJson(report.ToJson()).ToJson(), Is.EqualTo(report.ToJson()));
        Assert.That(report.ToHtml(), Does.Contain("</html>"));
        byte[] state = monitor.SaveState();
        using DriftMonitor other = new("bad", schema, new DriftMonitorOptions { WindowRows = 200, ErrorWindowRows = 200 });
        other.RestoreState(state);
        Assert.That(other.SaveState(), Is.EqualTo(state));
    }

    private static DriftBatch Batch(Draws draws, string law, int rows) =>
        new DriftBatch(Schema).Numeric("x", Enumerable.Range(0, rows).Select(_ => Laws[law](draws)).ToArray());
}
