using Mlops.Statistics;

namespace Mlops.Drift.Tests;

/// <summary>What a team has set in Evidently, and what happens exactly at a limit.</summary>
internal sealed class EvidentlyOptionsTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("n").Categorical("c"));
    private static readonly double[] Few = [.. Enumerable.Range(0, 200).Select(static i => (double)i)];

    [TestCase(EvidentlyTest.KolmogorovSmirnov, true)]
    [TestCase(EvidentlyTest.Wasserstein, true)]
    [TestCase(EvidentlyTest.JensenShannon, true)]
    [TestCase(EvidentlyTest.PopulationStabilityIndex, true)]
    [TestCase(EvidentlyTest.KullbackLeibler, true)]
    public void A_number_exactly_at_its_threshold_drifts(EvidentlyTest test, bool isDrifted)
    {
        double score = Column("n", new EvidentlyOptions { NumericTest = test }).Score!.Value;
        double beyond = test == EvidentlyTest.KolmogorovSmirnov ? double.BitDecrement(score) : double.BitIncrement(score);

        Assert.That(score, Is.GreaterThan(0));
        Assert.That(Column("n", new EvidentlyOptions { NumericTest = test, NumericThreshold = score }).IsDrifted, Is.EqualTo(isDrifted));
        Assert.That(Column("n", new EvidentlyOptions { NumericTest = test, NumericThreshold = beyond }).IsDrifted, Is.Not.EqualTo(isDrifted));
    }

    [TestCase(EvidentlyTest.ChiSquare, false)]
    [TestCase(EvidentlyTest.Proportions, false)]
    [TestCase(EvidentlyTest.JensenShannon, true)]
    [TestCase(EvidentlyTest.PopulationStabilityIndex, true)]
    [TestCase(EvidentlyTest.KullbackLeibler, true)]
    public void Categories_exactly_at_their_threshold_drift_by_distance_and_not_by_p(EvidentlyTest test, bool isDrifted)
    {
        double score = Column("c", new EvidentlyOptions { CategoricalTest = test }).Score!.Value;

        Assert.That(score, Is.GreaterThan(0));
        Assert.That(Column("c", new EvidentlyOptions { CategoricalTest = test, CategoricalThreshold = score }).IsDrifted, Is.EqualTo(isDrifted));
        Assert.That(Column("c", new EvidentlyOptions { CategoricalTest = test, CategoricalThreshold = double.BitIncrement(score) }).IsDrifted, Is.Not.EqualTo(isDrifted));
    }

    [Test]
    public void A_distance_of_exactly_a_tenth_drifts_by_default()
    {
        // Deviation 1, and a twentieth of the values two units away: the distance is 0.1 to the last bit.
        double[] x = [.. Enumerable.Range(0, 1_002).Select(static i => i % 2 == 0 ? -1.0 : 1.0)], y = [.. Enumerable.Range(0, 20).Select(static i => i < 9 ? -1.0 : 1.0)];
        EvidentlyColumn column = EvidentlyReport.Compare(Batch(x, ["a"]), Batch(y, ["a"]), new EvidentlyOptions { NumericTest = EvidentlyTest.Wasserstein }).Columns[0];

        Assert.That((column.Score, column.Threshold, column.IsDrifted), Is.EqualTo(((double?)0.1, 0.1, true)));
    }

    [TestCase(10_000, false)]
    [TestCase(10_001, true)]
    public void Kolmogorov_smirnov_is_exact_up_to_ten_thousand_on_either_side(int rows, bool isAsymptotic)
    {
        double[] few = [.. Enumerable.Range(0, 100).Select(static i => 101.3 * i)], many = [.. Enumerable.Range(0, rows).Select(static i => (0.85 * i) + 0.5)];
        foreach ((double[] x, double[] y) in ((double[], double[])[])[(few, many), (many, few)])
        {
            double? score = EvidentlyReport.Compare(Batch(x, ["a"]), Batch(y, ["a"]), new EvidentlyOptions { NumericTest = EvidentlyTest.KolmogorovSmirnov }).Columns[0].Score;
            double? exact = P(x, y, PValueMethod.Auto), asymptotic = P(x, y, PValueMethod.Asymptotic);

            Assert.That(exact, Is.Not.EqualTo(asymptotic));
            Assert.That(score, Is.EqualTo(isAsymptotic ? asymptotic : exact));
        }

        static double? P(double[] x, double[] y, PValueMethod method) => KolmogorovSmirnov.Test(x, y, new KolmogorovSmirnovOptions { ConditionOnTies = false, Method = method }).PValue;
    }

    [TestCase(20, true)]
    [TestCase(21, false)]
    public void Shares_of_numbers_are_by_value_up_to_twenty_distinct_ones_of_the_reference(int distinct, bool byValue)
    {
        double[] x = [.. Enumerable.Range(0, 420).Select(i => (double)(i % distinct))], y = [.. x.Select(static v => v * v / 30)];
        long[] counts = Count(x), current = Count(y);
        foreach ((EvidentlyTest test, double? values, double? bins) in ((EvidentlyTest, double?, double?)[])
            [
                (EvidentlyTest.PopulationStabilityIndex, Evidently.PopulationStabilityIndex(counts, current), Evidently.PopulationStabilityIndex(x, y)),
                (EvidentlyTest.KullbackLeibler, Evidently.KullbackLeiblerDivergence(counts, current), Evidently.KullbackLeiblerDivergence(x, y)),
                (EvidentlyTest.JensenShannon, JensenShannon.Distance(counts, current), Evidently.JensenShannonDistance(x, y)),
            ])
        {
            double? score = EvidentlyReport.Compare(Batch(x, ["a"]), Batch(y, ["a"]), new EvidentlyOptions { NumericTest = test }).Columns[0].Score;
            Assert.That(values, Is.Not.EqualTo(bins).Within(1e-3));
            Assert.That(score, Is.EqualTo(byValue ? values : bins).Within(1e-12), test.ToString());
        }

        long[] Count(double[] values) => [.. x.Concat(y).Distinct().Order().Select(value => (long)values.Count(v => v == value))];
    }

    [TestCase(0.5, true)]
    [TestCase(0.51, false)]
    [TestCase(0, true)]
    [TestCase(1, false)]
    public void The_dataset_drifts_at_the_share_that_was_set(double share, bool isDrifted)
    {
        EvidentlyReport report = Compare(new EvidentlyOptions { DriftShare = share, CategoricalThreshold = 0 });

        Assert.That((report.DriftedShare, report.IsDatasetDrifted), Is.EqualTo((0.5, isDrifted)));
    }

    [Test]
    public void A_column_goes_before_its_kind()
    {
        EvidentlyOptions options = new()
        {
            NumericTest = EvidentlyTest.Wasserstein,
            NumericThreshold = 1,
            CategoricalTest = EvidentlyTest.JensenShannon,
            CategoricalThreshold = 2,
            ColumnTests = new Dictionary<string, EvidentlyTest> { ["n"] = EvidentlyTest.KolmogorovSmirnov },
            ColumnThresholds = new Dictionary<string, double> { ["c"] = 3 },
        };

        Assert.That(
            Compare(options).Columns.Select(static c => (c.Name, c.Test, c.Threshold)),
            Is.EqualTo(new[] { ("n", EvidentlyTest.KolmogorovSmirnov, 1.0), ("c", EvidentlyTest.JensenShannon, 3.0) }));
    }

    [Test]
    public void The_proportions_test_takes_all_values_but_the_first_for_one()
    {
        string[] x = [.. Enumerable.Range(0, 90).Select(static i => "abc"[i % 3].ToString())], y = [.. Enumerable.Range(0, 60).Select(static i => "aab"[i % 3].ToString())];
        EvidentlyColumn column = EvidentlyReport.Compare(Batch([1], x), Batch([1], y), new EvidentlyOptions { CategoricalTest = EvidentlyTest.Proportions }).Columns[1];

        Assert.That(column.Score, Is.EqualTo(TwoProportionZ.Test(60, 90, 20, 60).PValue));
    }

    [Test]
    public void Chi_squared_of_one_category_has_no_score()
    {
        EvidentlyColumn column = EvidentlyReport.Compare(Batch([1], ["a"]), Batch([1], ["a"]), new EvidentlyOptions { CategoricalTest = EvidentlyTest.ChiSquare }).Columns[1];
        Assert.That((column.Score, column.IsDrifted), Is.EqualTo(((double?)null, false)));
    }

    [Test]
    public void Bad_options_are_refused()
    {
        EvidentlyOptions[] all =
        [
            new() { DriftShare = -0.1 }, new() { DriftShare = 1.1 }, new() { DriftShare = double.NaN }, new() { NumericThreshold = -1 }, new() { CategoricalThreshold = double.NaN },
            new() { NumericTest = EvidentlyTest.ChiSquare }, new() { NumericTest = (EvidentlyTest)9 }, new() { CategoricalTest = EvidentlyTest.Wasserstein },
            new() { ColumnTests = new Dictionary<string, EvidentlyTest> { ["c"] = EvidentlyTest.KolmogorovSmirnov } },
            new() { ColumnTests = new Dictionary<string, EvidentlyTest> { ["absent"] = EvidentlyTest.JensenShannon } },
            new() { ColumnThresholds = new Dictionary<string, double> { ["absent"] = 1 } }, new() { ColumnThresholds = new Dictionary<string, double> { ["n"] = -1 } },
        ];
        foreach (EvidentlyOptions options in all)
            Assert.That(() => Compare(options), Throws.InstanceOf<ArgumentException>());
    }

    private static EvidentlyReport Compare(EvidentlyOptions options) => EvidentlyReport.Compare(
        Batch(Few, [.. Few.Select(static v => "abc"[(int)v % 3].ToString())]),
        Batch([.. Few.Select(static v => v + 30)], [.. Few.Select(static v => "abca"[(int)v % 4].ToString())]),
        options);

    private static EvidentlyColumn Column(string name, EvidentlyOptions options) => Compare(options).Columns.Single(column => column.Name == name);

    private static DriftBatch Batch(double[] numbers, string[] texts)
    {
        // Both columns have as many rows; what is missing is left out of either.
        int rows = int.Max(numbers.Length, texts.Length);
        double[] padded = [.. numbers, .. Enumerable.Repeat(DriftSchema.Missing, rows - numbers.Length)];
        string?[] filled = [.. texts, .. Enumerable.Repeat<string?>(null, rows - texts.Length)];
        return new DriftBatch(Schema).Numeric("n", padded).Categorical("c", filled);
    }
}
