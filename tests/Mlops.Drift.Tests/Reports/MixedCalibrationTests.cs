namespace Mlops.Drift.Tests;

/// <summary>False alarms and power of twenty mixed columns through the public API; docs/drift/calibration.md has the table.</summary>
internal sealed class MixedCalibrationTests
{
    /// <summary>The highest share of windows without drift in which a column's own p-value may be at most the level.</summary>
    private const double Highest = 1.2 * NullRates.Level;

    private static readonly string[] Columns = [.. MixedColumns.Schema.Columns.Select(static column => column.Name)];

    /// <summary>A part of the long run, at bounds that its few windows allow.</summary>
    [TestCase(50, 8, 40)]
    [TestCase(200, 5, 40)]
    [TestCase(1_000, 2, 40)]
    public void Columns_without_drift_alarm_no_more_often_than_stated(int rows, int references, int windowsEach)
    {
        NullRates rates = NullRates.Measure(rows, references, windowsEach, 10 * rows, seed: rows);

        double limit = CalibrationTests.BinomialQuantile(rates.Windows, Highest, 0.9999) / (double)rates.Windows;
        double least = CalibrationTests.BinomialQuantile(rates.Windows, 0.5 * NullRates.Level, 0.0001) / (double)rates.Windows;
        Assert.Multiple(() =>
        {
            for (int c = 0; c < Columns.Length; c++)
            {
                Assert.That(rates.Significant(c), Is.LessThanOrEqualTo(limit), Columns[c]);
                Assert.That(rates.Drift(c), Is.LessThanOrEqualTo(limit), $"{Columns[c]}, verdict");
                if (c < MixedColumns.ContinuousColumns && rows >= 100)
                    Assert.That(rates.Significant(c), Is.GreaterThanOrEqualTo(least), $"{Columns[c]} should use its level");
            }
        });
    }

    [Test, Explicit("Takes a quarter of an hour"), Category("Long")]
    public void Columns_without_drift_alarm_as_often_as_stated_and_most_references_stay_within_twice([ValueSource(typeof(NullRates), nameof(NullRates.Plan))] (int Rows, int References, int WindowsEach) plan)
    {
        NullRates rates = NullRates.Measure(plan.Rows, plan.References, plan.WindowsEach, 10 * plan.Rows, seed: 500_000_000 + (plan.Rows * 1_000));

        double noise = 3 * Math.Sqrt(0.05 * 0.95 / plan.References);
        Assert.Multiple(() =>
        {
            for (int c = 0; c < Columns.Length; c++)
            {
                TestContext.Out.WriteLine($"{plan.Rows} {Columns[c]}: {rates.Significant(c):P2} +- {rates.StandardError(c):P2}, drift {rates.Drift(c):P2}, references within twice {rates.WithinTwice(c):P1}");
                Assert.That(rates.Significant(c) - (3 * rates.StandardError(c)), Is.LessThanOrEqualTo(Highest), Columns[c]);
                Assert.That(rates.Drift(c) - (3 * rates.StandardError(c)), Is.LessThanOrEqualTo(Highest), $"{Columns[c]}, verdict");
                Assert.That(rates.WithinTwice(c), Is.GreaterThanOrEqualTo(0.95 - noise), $"{Columns[c]}, references within twice the nominal share");
                if (c < MixedColumns.ContinuousColumns && plan.Rows >= 100)
                    Assert.That(rates.Significant(c) + (3 * rates.StandardError(c)), Is.GreaterThanOrEqualTo(0.5 * NullRates.Level), $"{Columns[c]} should use its level");
            }
        });
    }

    [Test]
    public void A_shift_of_a_tenth_of_a_deviation_is_found_among_twenty_columns() => Assert.That(Found(windows: 2, seed: 10, referenceRows: 40_000), Is.EqualTo(2));

    [Test, Explicit("Draws hundreds of millions of values"), Category("Long")]
    public void A_shift_of_a_tenth_of_a_deviation_is_found_in_ninety_nine_of_a_hundred_windows()
    {
        const int Windows = 300;
        int found = Found(Windows, seed: 1_000, referenceRows: 200_000);
        TestContext.Out.WriteLine($"found in {found} of {Windows} windows");
        Assert.That(found, Is.GreaterThanOrEqualTo(0.99 * Windows));
    }

    [Test, Explicit("Draws hundreds of millions of values"), Category("Long")]
    public void A_fiftieth_of_a_deviation_at_a_million_rows_is_significant_and_never_drift()
    {
        const int Rows = 1_000_000, Windows = 20;
        DriftSchema schema = DriftSchema.Create(static s => s.Numeric("normal"));
        Draws draws = new(2);
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Numeric("normal", draws.Normals(Rows)), new ProfileOptions { MaximumSampleRows = Rows });
        for (int w = 0; w < Windows; w++)
        {
            FeatureDrift feature = DriftReport.Compare(profile, new DriftBatch(schema).Numeric("normal", draws.Normals(Rows, 0.02))).Features[0];
            Assert.That(feature.Verdict, Is.EqualTo(DriftVerdict.NoDrift));
            Assert.That(feature.AdjustedPValue, Is.LessThan(0.001));
            Assert.That(feature.Effect, Is.LessThan(feature.EffectFloor));
            Assert.That(feature.Reason, Does.StartWith("significant").And.Contain("below the floor"));
        }
    }

    /// <summary>Windows of 20 000 rows in which the one column that shifts, of twenty, is said to drift.</summary>
    private static int Found(int windows, int seed, int referenceRows)
    {
        ReferenceProfile profile = ReferenceProfile.Build(MixedColumns.Draw(seed, referenceRows), new ProfileOptions { MaximumSampleRows = referenceRows });
        int found = 0;
        for (int w = 1; w <= windows; w++)
        {
            DriftReport report = DriftReport.Compare(profile, MixedColumns.Draw(seed + w, 20_000, shift: 0.09));
            found += report.Features[0].Verdict == DriftVerdict.Drift && report.Verdict == DriftVerdict.Drift ? 1 : 0;
        }

        return found;
    }
}
