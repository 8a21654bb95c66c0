namespace Mlops.Drift.Tests;

/// <summary>False alarms where nothing drifts, and drift that must be found. Every bound is a stated quantile.</summary>
internal sealed class CalibrationTests
{
    private const int Columns = 6;
    private const int References = 3;

    private static readonly string[] Letters = ["a", "b", "c", "d", "e"];

    private static readonly DriftSchema Schema = DriftSchema.Create(s => s
        .Numeric("normal").Numeric("lognormal").Numeric("count").Numeric("zero inflated").Categorical("letter").Numeric("sometimes missing"));

    /// <summary>
    /// The p decision of single columns at the nominal 5 %, over several references: alarms per column stay below the 99.9 % binomial
    /// quantile of 1.2 times nominal.
    /// </summary>
    [TestCase(50, 300)]
    [TestCase(200, 300)]
    [TestCase(1_000, 150)]
    [TestCase(20_000, 30)]
    public void Columns_without_drift_alarm_no_more_often_than_stated(int windowRows, int windows)
    {
        Draws draws = new(windowRows);
        int[] alarms = new int[Columns];
        for (int r = 0; r < References; r++)
        {
            ReferenceProfile profile = Profile(draws, 20_000);
            for (int w = 0; w < windows / References; w++)
            {
                IReadOnlyList<FeatureDrift> features = DriftReport.Of(profile, Rows(draws, windowRows), new DriftThresholds()).Features;
                for (int c = 0; c < Columns; c++)
                    alarms[c] += features[c].PValue <= 0.05 ? 1 : 0;
            }
        }

        int limit = BinomialQuantile(windows, 0.06 * (1 + (2.0 * windowRows / 20_000)), 0.999);
        TestContext.Out.WriteLine($"n={windowRows}: {string.Join(' ', alarms)} of {windows}, limit {limit}");
        Assert.That(alarms, Has.All.LessThanOrEqualTo(limit));
        if (windowRows == 200)
            Assert.That(alarms.Take(2), Has.All.GreaterThanOrEqualTo((int)(windows * 0.05 * 0.3)), "a continuous column should use its level");
    }

    [Test]
    public void A_report_without_drift_says_drift_for_at_most_one_report_in_twenty()
    {
        const int Windows = 300;
        Draws draws = new(77);
        ReferenceProfile profile = Profile(draws, 20_000);
        int alarms = 0;
        for (int w = 0; w < Windows; w++)
            alarms += DriftReport.Of(profile, Rows(draws, 500), new DriftThresholds()).Verdict == DriftVerdict.Drift ? 1 : 0;

        Assert.That(alarms, Is.LessThanOrEqualTo(BinomialQuantile(Windows, 0.06, 0.999)));
    }

    [Test]
    public void Dependent_rows_do_not_alarm_although_independent_tests_would()
    {
        const int Windows = 60;
        Draws draws = new(99);
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("inert"));
        ReferenceProfile profile = Build(schema, Autoregression(draws, 5_000));
        int measured = 0, independent = 0;
        for (int w = 0; w < Windows; w++)
        {
            RowSet rows = RowsOf(schema, Autoregression(draws, 300));
            measured += DriftReport.Of(profile, rows, new DriftThresholds()).Verdict == DriftVerdict.Drift ? 1 : 0;
            independent += DriftReport.Of(profile, rows, new DriftThresholds { Dependence = RowDependence.Independent }).Verdict == DriftVerdict.Drift ? 1 : 0;
        }

        Assert.That(independent, Is.GreaterThan(Windows / 3), "the data should show the problem");
        Assert.That(measured, Is.LessThanOrEqualTo(BinomialQuantile(Windows, 0.1, 0.999)));
    }

    [Test]
    public void A_shift_of_a_tenth_of_a_deviation_is_found_at_twenty_thousand_rows()
    {
        const int Windows = 40;
        Draws draws = new(5);
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("x"));
        ReferenceProfile profile = Build(schema, draws.Normals(20_000));
        int found = 0;
        for (int w = 0; w < Windows; w++)
            found += DriftReport.Of(profile, RowsOf(schema, draws.Normals(20_000, 0.09)), new DriftThresholds()).Verdict == DriftVerdict.Drift ? 1 : 0;

        Assert.That(found, Is.EqualTo(Windows));
    }

    [Test]
    public void A_negligible_shift_is_never_drift_however_many_rows_prove_it()
    {
        Draws draws = new(6);
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("x"));
        ReferenceProfile profile = Build(schema, draws.Normals(1_000_000), new() { MaximumSampleRows = 1_000_000 });

        FeatureDrift feature = DriftReport.Of(profile, RowsOf(schema, draws.Normals(1_000_000, 0.02)), new DriftThresholds()).Features[0];

        Assert.That(feature.Verdict, Is.EqualTo(DriftVerdict.NoDrift));
        Assert.That(feature.AdjustedPValue, Is.LessThan(1e-6));
        Assert.That(feature.Reason, Does.Contain("negligible"));
    }

    [TestCase(100)]
    [TestCase(1_000)]
    public void The_minimum_detectable_effect_is_found_at_least_eight_times_in_ten(int rows)
    {
        const int Windows = 200;
        double distance = MinimumDetectable.Distance(20_000, rows, 0.05);
        double shift = 2 * Mlops.Statistics.NormalDistribution.Quantile(0.5 + (distance / 2));
        Draws draws = new(rows);
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("x"));
        ReferenceProfile profile = Build(schema, draws.Normals(20_000));
        int found = 0;
        for (int w = 0; w < Windows; w++)
            found += DriftReport.Of(profile, RowsOf(schema, draws.Normals(rows, shift)), new DriftThresholds()).Features[0].PValue <= 0.05 ? 1 : 0;

        Assert.That(found / (double)Windows, Is.GreaterThanOrEqualTo(0.8));
    }

    internal static ReferenceProfile Build(DriftSchema schema, double[] values, ProfileOptions? options = null)
    {
        ProfileBuilder builder = new(schema, options ?? new ProfileOptions());
        foreach (double value in values)
            builder.Add([value], [], RowFacts.NoTime);
        return builder.Build()!;
    }

    internal static RowSet RowsOf(DriftSchema schema, double[] values)
    {
        RowWindow window = new(schema, int.MaxValue, WindowKeeping.Latest, 1_000);
        foreach (double value in values)
            window.Add([value], [], RowFacts.NoTime);
        return window.Snapshot();
    }

    private static double[] Autoregression(Draws draws, int count)
    {
        double[] values = new double[count];
        double x = draws.Normal();
        for (int i = 0; i < count; i++)
            values[i] = x = (0.8 * x) + (0.6 * draws.Normal());
        return values;
    }

    private static ReferenceProfile Profile(Draws draws, int rows)
    {
        ProfileBuilder builder = new(Schema, new ProfileOptions());
        for (int i = 0; i < rows; i++)
        {
            (double[] numbers, string?[] texts) = Row(draws);
            builder.Add(numbers, texts, RowFacts.NoTime);
        }

        return builder.Build()!;
    }

    private static RowSet Rows(Draws draws, int rows)
    {
        RowWindow window = new(Schema, rows, WindowKeeping.Latest, 1_000);
        for (int i = 0; i < rows; i++)
        {
            (double[] numbers, string?[] texts) = Row(draws);
            window.Add(numbers, texts, RowFacts.NoTime);
        }

        return window.Snapshot();
    }

    private static (double[] Numbers, string?[] Texts) Row(Draws draws) => (
        [
            draws.Normal(),
            Math.Exp(draws.Normal()),
            draws.Next(6),
            draws.Uniform() < 0.6 ? 0 : Math.Exp(draws.Normal()),
            draws.Uniform() < 0.1 ? DriftSchema.Missing : draws.Normal(),
        ],
        [Letters[Math.Min(4, (int)(5 * draws.Uniform() * draws.Uniform()))]]);

    /// <summary>The smallest k that a binomial count exceeds with probability at most 1 - q.</summary>
    internal static int BinomialQuantile(int n, double p, double q)
    {
        double term = Math.Pow(1 - p, n), sum = term;
        int k = 0;
        while (sum < q)
        {
            term *= (n - k) / (k + 1.0) * p / (1 - p);
            sum += term;
            k++;
        }

        return k;
    }
}
