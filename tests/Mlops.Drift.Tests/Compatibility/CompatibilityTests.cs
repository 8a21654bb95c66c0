using System.Text.Json;
using Mlops.Statistics;
using Mlops.Statistics.Tests;

namespace Mlops.Drift.Tests;

/// <summary>The figures of scipy, Evidently and NannyML in <c>tests/reference/drift</c>, through whole reports.</summary>
internal sealed class CompatibilityTests
{
    private static readonly DriftSchema Numbers = DriftSchema.Create(static s => s.Numeric("x"));
    private static readonly DriftSchema Texts = DriftSchema.Create(static s => s.Categorical("c"));

    private static IEnumerable<string> Samples => Cases("two_sample");

    private static IEnumerable<string> Tables => Cases("table").Where(static id => id != "t3x4");

    [TestCaseSource(nameof(Samples))]
    public void A_column_of_numbers_has_the_score_that_the_chosen_test_has(string id)
    {
        JsonElement item = Case(id), expected = item.GetProperty("expected");
        double[] x = GoldenSample.Build(item.GetProperty("x")), y = GoldenSample.Build(item.GetProperty("y"));
        EvidentlyColumn column = EvidentlyReport.Compare(Of(x), Of(y)).Columns.Single();
        bool few = x.Concat(y).Where(double.IsFinite).Distinct().Count() <= 5;
        int rows = x.Count(double.IsFinite);

        Assert.That(column.Test, few ? Is.EqualTo(rows > 1_000 ? EvidentlyTest.JensenShannon : column.Test) : Is.EqualTo(rows > 1_000 ? EvidentlyTest.Wasserstein : EvidentlyTest.KolmogorovSmirnov));
        if (column.Test == EvidentlyTest.Wasserstein)
            Close(column.Score, expected.GetProperty("wasserstein_evidently_normed").GetProperty("statistic"));
        if (column.Test == EvidentlyTest.KolmogorovSmirnov && Math.Max(x.Length, y.Length) <= 10_000)
            Close(column.Score, expected.GetProperty("ks_2samp_exact").GetProperty("pvalue"));
        if (expected.TryGetProperty("nannyml_doane_ref", out JsonElement nannyMl))
        {
            Close(Figure(NannyMlMethod.JensenShannon).Value, nannyMl.GetProperty("jensenshannon_distance_base2"));
            Close(Figure(NannyMlMethod.Hellinger).Value, nannyMl.GetProperty("hellinger"));
            Close(Figure(NannyMlMethod.KolmogorovSmirnov).Value, expected.GetProperty("ks_2samp_asymp").GetProperty("statistic"));
            Close(Figure(NannyMlMethod.Wasserstein).Value, expected.GetProperty("wasserstein_distance").GetProperty("statistic"));
        }

        NannyMlFigure Figure(NannyMlMethod method) => NannyMlReport.Compare(Of(x), Of(y), new NannyMlOptions { ChunkCount = 1, NumericMethod = method, Calculation = NannyMlCalculation.Exact }).Figures.Single();
    }

    [TestCaseSource(nameof(Tables))]
    public void A_column_of_categories_has_the_score_that_the_chosen_test_has(string id)
    {
        JsonElement item = Case(id), expected = item.GetProperty("expected");
        long[][] table = [.. item.GetProperty("table").EnumerateArray().Select(static row => row.EnumerateArray().Select(static n => n.GetInt64()).ToArray())];
        DriftBatch reference = Of(Values(table[0])), current = Of(Values(table[1]));
        EvidentlyColumn column = EvidentlyReport.Compare(reference, current).Columns.Single();

        Assert.That(column.Test, Is.EqualTo(reference.Rows > 1_000 ? EvidentlyTest.JensenShannon : table[0].Length > 2 ? EvidentlyTest.ChiSquare : EvidentlyTest.Proportions));
        if (column.Test == EvidentlyTest.JensenShannon)
            Close(column.Score, expected.GetProperty("jensenshannon").GetProperty("distance_nat"));
        if (column.Test == EvidentlyTest.ChiSquare && !table[0].Contains(0))
            Close(column.Score, expected.GetProperty("chisquare_onesample_evidently").GetProperty("pvalue"));
        if (table[0].Contains(0))
            Assert.That((column.Score, column.IsDrifted), Is.EqualTo(((double?)0, true)));
        NannyMlFigure chi = NannyMlReport.Compare(reference, current, new NannyMlOptions { ChunkCount = 1, CategoricalMethod = NannyMlMethod.ChiSquare }).Figures.Single();
        Close(chi.PValue, expected.GetProperty("chi2_contingency_yates_if_dof1").GetProperty("pvalue"));
        Assert.That(chi.IsAlert, Is.EqualTo(chi.PValue < 0.05));
        Close(NannyMlReport.Compare(reference, current, new NannyMlOptions { ChunkCount = 1 }).Figures.Single().Value, expected.GetProperty("jensenshannon").GetProperty("distance_base2"));
    }

    [TestCase(1_000, 6, EvidentlyTest.KolmogorovSmirnov)]
    [TestCase(1_001, 6, EvidentlyTest.Wasserstein)]
    [TestCase(1_000, 5, EvidentlyTest.ChiSquare)]
    [TestCase(1_001, 5, EvidentlyTest.JensenShannon)]
    [TestCase(1_000, 2, EvidentlyTest.Proportions)]
    [TestCase(1_000, 1, EvidentlyTest.Proportions)]
    [TestCase(1_001, 2, EvidentlyTest.JensenShannon)]
    public void The_reference_and_the_distinct_values_choose_the_test(int rows, int distinct, EvidentlyTest test)
    {
        // What is missing counts neither as a row nor as a value.
        double[] x = [.. Enumerable.Range(0, rows).Select(i => (double)(i % distinct)), DriftSchema.Missing, double.NaN, double.PositiveInfinity];
        EvidentlyColumn column = EvidentlyReport.Compare(Of(x), Of(x[..50])).Columns.Single();

        Assert.That(column.Test, Is.EqualTo(test));
        Assert.That(column.Threshold, Is.EqualTo(test >= EvidentlyTest.Wasserstein ? 0.1 : 0.05));
        Assert.That(column.IsDrifted, Is.False);
    }

    [Test]
    public void Half_of_the_columns_make_the_dataset_drift()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Numeric("a").Numeric("b").Categorical("c").Categorical("d"));
        double[] steady = [.. Enumerable.Range(0, 200).Select(static i => (double)i)], moved = [.. steady.Select(static v => v + 100)];
        string?[] same = [.. steady.Select(static v => v % 2 == 0 ? "e" : "o")], other = [.. steady.Select(static v => v % 2 == 0 ? "e" : "new")];
        DriftBatch reference = new DriftBatch(schema).Numeric("a", steady).Numeric("b", Singles(steady)).Categorical("c", same).Categorical("d", same);
        EvidentlyReport one = EvidentlyReport.Compare(reference, new DriftBatch(schema).Numeric("a", moved).Numeric("b", Singles(steady)).Categorical("c", same).Categorical("d", same));
        EvidentlyReport two = EvidentlyReport.Compare(reference, new DriftBatch(schema).Numeric("a", moved).Numeric("b", Singles(steady)).Categorical("c", same).Categorical("d", other));

        Assert.That(one.Columns.Select(static c => (c.Name, c.IsDrifted)), Is.EqualTo(new[] { ("a", true), ("b", false), ("c", false), ("d", false) }));
        Assert.That((one.DriftedShare, one.IsDatasetDrifted), Is.EqualTo((0.25, false)));
        Assert.That((two.DriftedShare, two.IsDatasetDrifted, two.Columns[3].Score), Is.EqualTo((0.5, true, (double?)0)));
    }

    [Test]
    public void A_column_without_values_has_no_score_and_no_alert()
    {
        double[] none = [double.NaN, DriftSchema.Missing], some = [1, 2];
        foreach ((DriftBatch x, DriftBatch y) in ((DriftBatch, DriftBatch)[])[(Of(none), Of(some)), (Of(some), Of(none)), (Of([null]), Of(["a"])), (Of(["a"]), Of([null]))])
        {
            EvidentlyColumn column = EvidentlyReport.Compare(x, y).Columns.Single();
            NannyMlFigure figure = NannyMlReport.Compare(x, y, new NannyMlOptions { ChunkCount = 1 }).Figures.Single();

            Assert.That((column.Score, column.IsDrifted, figure.Value, figure.IsAlert), Is.EqualTo(((double?)null, false, (double?)null, false)));
        }
    }

    [Test]
    public void Chunks_cover_every_row_once_and_the_rest_makes_a_shorter_one()
    {
        double[] x = [.. new Draws(1).Rides(105).Select(static r => r.Distance)];
        Assert.That(Cuts(new NannyMlOptions()), Is.EqualTo(Enumerable.Range(0, 11).Select(static i => (i, 10 * i, i < 10 ? 10 : 5))));
        Assert.That(Cuts(new NannyMlOptions { ChunkRows = 50 }), Is.EqualTo(new[] { (0, 0, 50), (1, 50, 50), (2, 100, 5) }));
        Assert.That(Cuts(new NannyMlOptions { ChunkRows = int.MaxValue }), Is.EqualTo(new[] { (0, 0, 105) }));
        Assert.That(Cuts(new NannyMlOptions { ChunkCount = 1_000 }), Has.Count.EqualTo(105));

        List<(int, int, int)> Cuts(NannyMlOptions options) => [.. NannyMlReport.Compare(Of(x), Of(x), options).Figures.Select(static f => (f.Chunk, f.FirstRow, f.Rows))];
    }

    [Test]
    public void Only_the_chunk_that_moved_alerts()
    {
        string?[] reference = [.. Enumerable.Range(0, 400).Select(static i => i % 4 == 0 ? "a" : "b")];
        string?[] analysis = [.. reference];
        analysis.AsSpan(80, 40).Fill("a");
        foreach (NannyMlMethod method in (NannyMlMethod[])[NannyMlMethod.JensenShannon, NannyMlMethod.Hellinger, NannyMlMethod.LInfinity, NannyMlMethod.ChiSquare])
        {
            NannyMlReport report = NannyMlReport.Compare(Of(reference), Of(analysis), new NannyMlOptions { CategoricalMethod = method });
            Assert.That(report.Figures.Where(static f => f.IsAlert).Select(static f => f.Chunk), Is.EqualTo(new[] { 2 }), method.ToString());
        }

        Assert.That(NannyMlReport.Compare(Of(reference), Of(analysis), new NannyMlOptions { CategoricalMethod = NannyMlMethod.LInfinity }).Figures[2].Value, Is.EqualTo(0.75).Within(1e-12));
        Assert.That(NannyMlReport.Compare(Of(reference), Of(analysis), new NannyMlOptions { CategoricalThreshold = NannyMlThreshold.Constant(null, 1) }).Figures, Has.None.Property(nameof(NannyMlFigure.IsAlert)).True);
    }

    [Test]
    public void Bad_input_is_refused()
    {
        double[] values = [1, 2];
        DriftBatch good = Of(values), incomplete = new(Numbers), empty = Of(Array.Empty<double>());
        foreach (DriftBatch bad in (DriftBatch[])[incomplete, empty, Of(["a"])])
        {
            Assert.That(() => EvidentlyReport.Compare(good, bad), Throws.ArgumentException);
            Assert.That(() => EvidentlyReport.Compare(bad, good), Throws.ArgumentException);
            Assert.That(() => NannyMlReport.Compare(good, bad), Throws.ArgumentException);
            Assert.That(() => NannyMlReport.Compare(bad, good), Throws.ArgumentException);
        }

        NannyMlOptions[] options =
        [
            new() { ChunkCount = 0 }, new() { ChunkRows = 0 }, new() { Calculation = (NannyMlCalculation)3 },
            new() { NumericMethod = NannyMlMethod.ChiSquare }, new() { CategoricalMethod = NannyMlMethod.Wasserstein }, new() { NumericMethod = (NannyMlMethod)9 },
        ];
        foreach (NannyMlOptions bad in options)
            Assert.That(() => NannyMlReport.Compare(good, good, bad), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static DriftBatch Of(double[] values) => new DriftBatch(Numbers).Numeric("x", values);

    private static DriftBatch Of(string?[] values) => new DriftBatch(Texts).Categorical("c", values);

    private static float[] Singles(double[] values) => Array.ConvertAll(values, static value => (float)value);

    private static string?[] Values(long[] counts) => [.. counts.SelectMany(static (count, i) => Enumerable.Repeat($"{i}", (int)count))];

    private static IEnumerable<string> Cases(string kind) =>
        GoldenFile.Array("cases").Where(item => item.GetProperty("kind").GetString() == kind).Select(static item => item.GetProperty("id").GetString()!);

    private static JsonElement Case(string id) => GoldenFile.Array("cases").Single(item => item.GetProperty("id").GetString() == id);

    private static void Close(double? actual, JsonElement expected)
    {
        double value = GoldenFile.Number(expected);
        Assert.That(actual, Is.EqualTo(value).Within(1e-12 + (1e-9 * Math.Abs(value))));
    }
}
