using Mlops.Statistics;

namespace Mlops.Drift.Tests;

[TestFixture]
internal sealed class DriftAttributionTests
{
    [Test]
    public void The_columns_that_drift_are_found_and_the_others_are_at_zero()
    {
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("still").Numeric("shifted").Categorical("zone").Numeric("wider").Prediction("predicted"));
        DriftBatch Draw(int seed, int count, double by)
        {
            Draws draws = new(seed);
            double[] still = draws.Normals(count);
            return new DriftBatch(schema).Numeric("still", still).Numeric("shifted", draws.Normals(count, by)).Numeric("predicted", still)
                .Categorical("zone", [.. Enumerable.Range(0, count).Select(_ => draws.Uniform() < 0.5 + (by / 4) ? "a" : "b")])
                .Numeric("wider", draws.Normals(count).Select(v => v * (1 + (0.5 * by))).ToArray());
        }

        DriftAttribution attribution = DriftAttribution.Explain(Draw(1, 3_000, 0), Draw(2, 2_000, 0.8));
        Assert.That(attribution.Columns.Select(c => c.Column), Is.EqualTo(new[] { "shifted", "zone", "wider", "still" }).Or.EqualTo(new[] { "shifted", "wider", "zone", "still" }));
        Assert.That(attribution.Columns.Take(3).Select(c => c.Drop / c.StandardError), Has.All.GreaterThan(3));
        Assert.That(Math.Abs(attribution.Columns[3].Drop), Is.LessThan(0.01));

        // The shift alone would give Phi(0.8 / sqrt 2) = 0.714.
        Assert.That(attribution.RocAuc, Is.GreaterThan(0.72));
        Assert.That(attribution.StandardError, Is.InRange(0.001, 0.03));
    }

    [Test]
    public void One_shifted_column_loses_all_that_it_tells()
    {
        Draws draws = new(3);
        DriftAttribution attribution = DriftAttribution.ExplainRows(draws.Normals(4_000), draws.Normals(4_000, 1), 1);
        Assert.That(attribution.RocAuc, Is.EqualTo(NormalDistribution.Cumulative(1 / Math.Sqrt(2))).Within(0.015));
        Assert.That(attribution.Columns.Single().Drop, Is.EqualTo(attribution.RocAuc - 0.5).Within(0.02));
    }

    [Test]
    public void Without_drift_there_is_nothing_to_attribute()
    {
        Draws draws = new(4);
        DriftAttribution attribution = DriftAttribution.ExplainRows(draws.Normals(6_000), draws.Normals(6_000), 3);
        Assert.That(attribution.RocAuc, Is.EqualTo(0.5).Within(0.03));
        Assert.That(attribution.Columns.Select(c => Math.Abs(c.Drop)), Has.All.LessThan(0.03));
    }

    /// <summary>The folds' scatter says how far the area, and a column's drop, is off over many samples; their shared rows make it an order of magnitude.</summary>
    [Test]
    public void Standard_errors_are_as_large_as_the_scatter_between_samples()
    {
        List<DriftAttribution> all = [];
        Draws draws = new(7);
        for (int r = 0; r < 80; r++)
            all.Add(DriftAttribution.ExplainRows(draws.Normals(300), draws.Normals(300, 0.7), 1));
        Assert.That(all.Average(a => a.StandardError) / Deviation(all.Select(a => a.RocAuc)), Is.InRange(0.75, 1.35));
        Assert.That(all.Average(a => a.Columns[0].StandardError) / Deviation(all.Select(a => a.Columns[0].Drop)), Is.InRange(0.75, 1.35));

        static double Deviation(IEnumerable<double> values) => Math.Sqrt(Moments.Of([.. values]).Variance!.Value);
    }

    /// <summary>As documented: columns that share their information cover for each other.</summary>
    [Test]
    public void Two_copies_of_a_column_lose_less_than_one()
    {
        Draws draws = new(5);
        double[] before = draws.Normals(3_000), after = draws.Normals(3_000, 1);
        double one = DriftAttribution.ExplainRows(before, after, 1).Columns[0].Drop;
        DriftAttribution two = DriftAttribution.ExplainRows([.. before.SelectMany(v => new[] { v, v })], [.. after.SelectMany(v => new[] { v, v })], 2);
        Assert.That(two.Columns.Select(c => c.Drop), Has.All.LessThan(0.7 * one));
    }

    [Test]
    public void Trees_attribute_what_only_columns_together_show_and_equal_seeds_agree()
    {
        Draws draws = new(6);
        double[] reference = draws.Normals(6_000), window = draws.Normals(6_000);
        for (int i = 0; i < 2_000; i++)
            window[(3 * i) + 2] = Math.CopySign(window[(3 * i) + 2], window[3 * i]);
        DriftAttributionOptions trees = new() { Classifier = new() { Learner = static (x, c, y) => BoostedTrees.FitProbability(x, c, y, new() { Rounds = 30 }) }, Repeats = 2 };
        DriftAttribution attribution = DriftAttribution.ExplainRows(reference, window, 3, trees);
        Assert.That(attribution.Columns.Take(2).Select(c => c.Column), Is.EquivalentTo(new[] { "0", "2" }));
        Assert.That(attribution.Columns[1].Drop, Is.GreaterThan(0.1));
        Assert.That(Math.Abs(attribution.Columns[2].Drop), Is.LessThan(0.02));
        Assert.That(DriftAttribution.ExplainRows(reference, window, 3, trees).Columns, Is.EqualTo(attribution.Columns));
    }

    [Test]
    public void Bad_input_is_named()
    {
        Assert.That(() => DriftAttribution.ExplainRows([1, 2, 3], [1, 2, 3], 1), Throws.ArgumentException.With.Message.Contains("too few"));
        Assert.That(() => DriftAttribution.Explain(null!, null!), Throws.ArgumentNullException);
        double[] values = new Draws(1).Normals(50);
        Assert.Throws<ArgumentOutOfRangeException>(() => DriftAttribution.ExplainRows(values, values, 1, new() { Repeats = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => DriftAttribution.ExplainRows(values, values, 1, new() { Classifier = new() { Folds = 0 } }));
        Assert.Throws<ArgumentNullException>(() => DriftAttribution.ExplainRows(values, values, 1, new() { Classifier = null! }));
        Assert.That(() => DriftAttribution.ExplainRows(values, values, 1, new() { Classifier = new() { Columns = ["1"] } }), Throws.ArgumentException.With.Message.Contains("'1'"));
    }
}
