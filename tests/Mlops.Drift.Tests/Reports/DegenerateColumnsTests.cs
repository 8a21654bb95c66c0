namespace Mlops.Drift.Tests;

internal sealed class DegenerateColumnsTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(s => s.Numeric("x"));
    private static readonly DriftSchema Letters = DriftSchema.Create(s => s.Categorical("letter"));

    [Test]
    public void A_constant_that_stays_is_no_drift_and_one_that_changes_is()
    {
        ReferenceProfile profile = CalibrationTests.Build(Schema, Repeat(5, 1_000));

        Assert.That(Judge(profile, Repeat(5, 200)).Verdict, Is.EqualTo(DriftVerdict.NoDrift));
        Assert.That(Judge(profile, Repeat(5.5, 200)).Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(Judge(profile, Repeat(4, 200)).Verdict, Is.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void A_value_between_the_known_ones_is_seen()
    {
        ReferenceProfile profile = CalibrationTests.Build(Schema, [.. Enumerable.Range(0, 1_000).Select(i => (double)(i * 7919 % 3))]);

        FeatureDrift feature = Judge(profile, [.. Enumerable.Range(0, 300).Select(i => i % 4 == 0 ? 0.5 : i * 7919 % 3)]);

        Assert.That(feature.Test, Is.EqualTo(DriftTest.ChiSquare));
        Assert.That(feature.Verdict, Is.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void Missing_NaN_and_infinity_are_told_apart()
    {
        Draws draws = new(1);
        ReferenceProfile profile = CalibrationTests.Build(Schema, draws.Normals(5_000));
        double[] some = draws.Normals(500);
        for (int i = 0; i < 100; i++)
            some[5 * i] = DriftSchema.Missing;
        double[] broken = draws.Normals(500);
        for (int i = 0; i < 100; i++)
            broken[5 * i] = i % 2 == 0 ? double.NaN : double.PositiveInfinity;

        FeatureDrift missing = Judge(profile, some), notFinite = Judge(profile, broken);

        Assert.That((missing.Verdict, missing.Test, missing.Effect), Is.EqualTo((DriftVerdict.Drift, DriftTest.MissingShare, 0.2)));
        Assert.That((notFinite.Verdict, notFinite.Test, notFinite.Effect), Is.EqualTo((DriftVerdict.Drift, DriftTest.NotFiniteShare, 0.2)));
        Assert.That(notFinite.CurrentMissingShare, Is.Zero);
    }

    [Test]
    public void Windows_that_are_empty_tiny_or_all_missing_are_undecided_and_never_throw()
    {
        ReferenceProfile profile = CalibrationTests.Build(Schema, new Draws(2).Normals(1_000));

        Assert.That(DriftReport.Of(profile, CalibrationTests.RowsOf(Schema, []), new()).Verdict, Is.EqualTo(DriftVerdict.Undecided));
        Assert.That(Judge(profile, [0.1]).Verdict, Is.EqualTo(DriftVerdict.Undecided));
        Assert.That(Judge(profile, Repeat(double.NaN, 3)).Reason, Is.Not.Empty);
        Assert.That(Judge(profile, Repeat(DriftSchema.Missing, 100)).Verdict, Is.EqualTo(DriftVerdict.Drift), "everything went missing");
        ReferenceProfile empty = CalibrationTests.Build(Schema, Repeat(DriftSchema.Missing, 100));
        Assert.That(Judge(empty, Repeat(DriftSchema.Missing, 100)).Verdict, Is.EqualTo(DriftVerdict.Undecided));
    }

    [Test]
    public void A_small_window_says_what_it_could_have_found()
    {
        Draws draws = new(3);
        ReferenceProfile profile = CalibrationTests.Build(Schema, draws.Normals(20_000));

        FeatureDrift small = Judge(profile, draws.Normals(60)), large = Judge(profile, draws.Normals(2_000));

        Assert.That(small.Verdict, Is.EqualTo(DriftVerdict.Undecided));
        Assert.That(small.MinimumDetectableEffect, Is.InRange(0.2, 0.25));
        Assert.That(small.Reason, Does.Contain("60 rows"));
        Assert.That(large.Verdict, Is.EqualTo(DriftVerdict.NoDrift));
    }

    [Test]
    public void New_and_vanished_categories_are_named()
    {
        string[] known = ["a", "b", "c"];
        ReferenceProfile profile = BuildLetters([.. Enumerable.Range(0, 3_000).Select(i => known[i * 7919 % 3])]);

        FeatureDrift feature = JudgeLetters(profile, [.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? "z" : "a")]);

        Assert.That(feature.Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(feature.NewCategories, Is.EqualTo(new[] { new CategoryCount("z", 100) }));
        Assert.That(feature.VanishedCategories.Select(c => c.Name), Is.EquivalentTo(new[] { "b", "c" }));
    }

    [Test]
    public void A_million_distinct_categories_stay_bounded()
    {
        RowWindow window = new(Letters, 1_000_000, WindowKeeping.Latest, 1_000);
        ReferenceProfile profile = BuildLetters([.. Enumerable.Range(0, 5_000).Select(i => $"c{i}")]);
        for (int i = 0; i < 1_000_000; i++)
            window.Add([], [NumberText.Of(i)], RowFacts.NoTime);

        RowSet rows = window.Snapshot();
        FeatureDrift feature = DriftReport.Of(profile, rows, new()).Features[0];

        Assert.That(rows.Categories[0], Has.Length.EqualTo(1_000));
        Assert.That(profile.CategoricalFrames[0].Names, Has.Length.EqualTo(100));
        Assert.That(feature.NewCategories, Has.Count.LessThanOrEqualTo(10));
    }

    [Test]
    public void A_reference_too_small_for_its_window_is_warned_about()
    {
        Draws draws = new(4);
        ReferenceProfile profile = CalibrationTests.Build(Schema, draws.Normals(500));

        DriftReport report = DriftReport.Of(profile, CalibrationTests.RowsOf(Schema, draws.Normals(100)), new());

        Assert.That(report.Warnings, Has.Exactly(1).Contains("ten to one"));
    }

    private static FeatureDrift Judge(ReferenceProfile profile, double[] values) =>
        DriftReport.Of(profile, CalibrationTests.RowsOf(Schema, values), new DriftThresholds()).Features[0];

    private static double[] Repeat(double value, int count) => [.. Enumerable.Repeat(value, count)];

    private static ReferenceProfile BuildLetters(string[] letters)
    {
        ProfileBuilder builder = new(Letters, new ProfileOptions());
        foreach (string letter in letters)
            builder.Add([], [letter], RowFacts.NoTime);
        return builder.Build()!;
    }

    private static FeatureDrift JudgeLetters(ReferenceProfile profile, string[] letters)
    {
        RowWindow window = new(Letters, 100_000, WindowKeeping.Latest, 1_000);
        foreach (string letter in letters)
            window.Add([], [letter], RowFacts.NoTime);
        return DriftReport.Of(profile, window.Snapshot(), new()).Features[0];
    }
}
