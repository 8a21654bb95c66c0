using CsCheck;
using Mlops.Statistics;

namespace Mlops.Drift.Tests;

[TestFixture]
internal sealed class DensityRatioTests
{
    [Test]
    public void Weights_are_the_ratio_of_the_densities()
    {
        // N(0.5, 1) against N(0, 1): the ratio at x is e^(0.5 x - 0.125).
        Draws draws = new(1);
        double[] reference = draws.Normals(8_000), window = draws.Normals(4_000, 0.5);
        DensityRatio ratio = DensityRatio.EstimateRows(reference, window, 1);
        ReadOnlySpan<double> weights = ratio.Weights.Span;
        double worst = 0, mean = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            mean += weights[i] / reference.Length;
            if (Math.Abs(reference[i]) < 2)
                worst = Math.Max(worst, Math.Abs(Math.Log(weights[i]) - ((0.5 * reference[i]) - 0.125)));
        }

        Assert.That(worst, Is.LessThan(0.25));
        Assert.That(mean, Is.EqualTo(1).Within(1e-12));

        // Kish: n / E[w²], and E[w²] = e^0.25; the area under the curve is Phi(0.5 / sqrt 2).
        Assert.That(ratio.EffectiveRows, Is.EqualTo(8_000 * Math.Exp(-0.25)).Within(400));
        Assert.That(ratio.RocAuc, Is.EqualTo(NormalDistribution.Cumulative(0.5 / Math.Sqrt(2))).Within(0.015));
        Assert.That((ratio.IsReliable, ratio.WindowRows), Is.EqualTo((true, 4_000)), ratio.Reason);
        Assert.That(ratio.RawMean, Is.EqualTo(1).Within(0.05));
    }

    [Test]
    public void A_change_of_variance_is_seen_and_weighted_moments_are_the_windows()
    {
        Draws draws = new(2);
        double[] reference = draws.Normals(6_000), window = [.. draws.Normals(6_000).Select(x => 0.6 * x)];
        DensityRatio ratio = DensityRatio.EstimateRows(reference, window, 1);
        double second = reference.Zip(ratio.Weights.ToArray(), (x, w) => w * x * x).Average();
        Assert.That(second, Is.EqualTo(0.36).Within(0.03));
    }

    [Test]
    public void Categories_and_absent_values_are_weighed_by_their_shares()
    {
        // Shares 1/2, 1/4, 1/4 (absent) become 1/4, 1/4, 1/2.
        DriftSchema schema = DriftSchema.Create(s => s.Categorical("zone"));
        string?[] reference = [.. Enumerable.Range(0, 4_000).Select(i => i % 4 < 2 ? "a" : i % 4 == 2 ? "b" : null)];
        string?[] window = [.. Enumerable.Range(0, 4_000).Select(i => i % 4 < 1 ? "a" : i % 4 == 1 ? "b" : null)];
        DensityRatio ratio = DensityRatio.Estimate(new DriftBatch(schema).Categorical("zone", reference), new DriftBatch(schema).Categorical("zone", window));
        double WeightOf(string? text) => ratio.Weights.ToArray()[Array.IndexOf(reference, text)];
        Assert.That((WeightOf("a"), WeightOf("b"), WeightOf(null)), Is.EqualTo((0.5, 1.0, 2.0)).Using<(double, double, double)>((x, y) =>
            Math.Abs(x.Item1 - y.Item1) < 0.03 && Math.Abs(x.Item2 - y.Item2) < 0.03 && Math.Abs(x.Item3 - y.Item3) < 0.05));
    }

    [Test]
    public void Trees_weigh_what_only_columns_together_show()
    {
        Draws draws = new(3);
        double[] reference = draws.Normals(8_000), window = draws.Normals(8_000);
        for (int i = 0; i < 4_000; i++)
        {
            if (draws.Uniform() < 0.7)
                window[(2 * i) + 1] = Math.CopySign(window[(2 * i) + 1], window[2 * i]);
        }

        DensityRatio linear = DensityRatio.EstimateRows(reference, window, 2);
        DensityRatio trees = DensityRatio.EstimateRows(reference, window, 2, new() { Learner = static (x, c, y) => BoostedTrees.FitProbability(x, c, y) });

        // Rows of equal signs are 1/2 of the reference and 0.85 of the window.
        Assert.That(Same(linear), Is.EqualTo(0.5).Within(0.05));
        Assert.That(Same(trees), Is.EqualTo(0.85).Within(0.06));
        Assert.That(trees.IsReliable, Is.True, trees.Reason);

        double Same(DensityRatio ratio) => Enumerable.Range(0, 4_000).Sum(i => reference[2 * i] * reference[(2 * i) + 1] > 0 ? ratio.Weights.Span[i] : 0) / 4_000;
    }

    [Test]
    public void Where_the_reference_has_no_rows_the_ratio_is_not_reliable()
    {
        Draws draws = new(4);
        DensityRatio apart = DensityRatio.EstimateRows(draws.Normals(2_000), draws.Normals(1_000, 8), 1);
        Assert.That((apart.IsReliable, apart.RocAuc > 0.99), Is.EqualTo((false, true)), apart.Reason);
        double[] half = [.. draws.Normals(4_000, -3).Concat(draws.Normals(4_000, 6))];
        DensityRatio outside = DensityRatio.EstimateRows(draws.Normals(8_000, -3), half, 1);
        Assert.That(outside.IsReliable, Is.False);
        Assert.That(outside.Reason, Does.Contain("lacks rows"));
        DensityRatio few = DensityRatio.EstimateRows(draws.Normals(150), draws.Normals(150), 1);
        Assert.That((few.IsReliable, few.Reason), Is.EqualTo((false, few.Reason)));
        Assert.That(few.Reason, Does.Contain("too few"));
        DensityRatio clipped = DensityRatio.EstimateRows(draws.Normals(4_000), draws.Normals(4_000, 1), 1, new() { MaximumWeight = 3 });
        Assert.That(clipped.ClippedShare, Is.EqualTo(NormalDistribution.Survival(0.5 + Math.Log(3))).Within(0.02));
        Assert.That(clipped.IsReliable, Is.False);
    }

    /// <summary>One of 1 000 values is 1e9: by a plain standard deviation all others would be equal.</summary>
    [Test]
    public void One_huge_value_changes_next_to_nothing()
    {
        Draws draws = new(5);
        double[] reference = draws.Normals(1_000), window = draws.Normals(1_000, 0.5), broken = [.. reference];
        broken[17] = 1e9;
        DensityRatio clean = DensityRatio.EstimateRows(reference, window, 1), ratio = DensityRatio.EstimateRows(broken, window, 1);
        Assert.That(ratio.IsReliable, Is.True, ratio.Reason);
        Assert.That(ratio.RocAuc, Is.EqualTo(clean.RocAuc).Within(0.01));
        for (int i = 0; i < reference.Length; i++)
        {
            if (i != 17 && Math.Abs(reference[i]) < 2)
                Assert.That(Math.Log(ratio.Weights.Span[i]), Is.EqualTo((0.5 * reference[i]) - 0.125).Within(0.35));
        }
    }

    /// <summary>More than half of the reference's values are equal, then all of them, and one of 1 000 is 1e9.</summary>
    [TestCase(600), TestCase(999)]
    public void A_huge_value_among_equal_ones_hides_no_shift(int equal)
    {
        Draws draws = new(6);
        double[] reference = [.. Enumerable.Repeat(2.0, equal), .. draws.Normals(999 - equal, 4), 1e9], window = draws.Normals(1_000, 5.5);
        if (equal == 999)
            reference[^1] = 2;
        window[3] = 1e9;
        Assert.That(DensityRatio.EstimateRows(reference, window, 1).RocAuc, Is.GreaterThan(0.85));
    }

    [Test]
    public void A_classifier_that_orders_new_rows_the_wrong_way_is_not_reliable()
    {
        Draws draws = new(7);
        double[] reference = draws.Normals(1_000), window = draws.Normals(1_000, 0.5);
        DensityRatio ratio = DensityRatio.EstimateRows(reference, window, 1, new() { Learner = static (x, c, y) => new Opposite(LogisticRegression.Fit(x, c, y)) });
        Assert.That((ratio.IsReliable, ratio.RocAuc < 0.4), Is.EqualTo((false, true)));
        Assert.That(ratio.Reason, Does.Contain("wrong way"));

        // Chance alone goes below 0.45 in few rows.
        DensityRatio few = DensityRatio.EstimateRows(draws.Normals(20), draws.Normals(20), 1, new() { MinimumEffectiveRows = 5, Folds = 2, Seed = Enumerable.Range(1, 50).First(seed => AreaOf(seed) < 0.4) });
        Assert.That(few.Reason, Does.Not.Contain("wrong way"));

        static double AreaOf(long seed)
        {
            Draws again = new(7);
            again.Normals(2_000);
            return DensityRatio.EstimateRows(again.Normals(20), again.Normals(20), 1, new() { MinimumEffectiveRows = 5, Folds = 2, Seed = seed }).RocAuc;
        }
    }

    [Test]
    public void Float_columns_are_encoded_as_the_doubles_they_are()
    {
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("x"));
        Draws draws = new(8);
        float[] reference = draws.Vectors(500, 1), window = draws.Vectors(400, 1, 0.4);
        reference[3] = float.NaN;
        DriftBatch Of(float[] values) => new DriftBatch(schema).Numeric("x", values);
        DensityRatio singles = DensityRatio.Estimate(Of(reference), Of(window)), doubles = DensityRatio.EstimateRows(Array.ConvertAll(reference, x => (double)x), Array.ConvertAll(window, x => (double)x), 1);
        Assert.That(singles.Weights.ToArray(), Is.EqualTo(doubles.Weights.ToArray()));
        Assert.That(Of(window).Numbers(0).ToArray(), Is.EqualTo(Array.ConvertAll(window, x => (double)x)));
    }

    [Test]
    public void Whatever_the_rows_weights_are_positive_with_mean_one_and_equal_seeds_agree() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[10, 40], Gen.Int[10, 40], Gen.Int[0, 10_000]).Sample((columns, n, m, seed) =>
        {
            Random random = new(seed);
            double Draw() => random.Next(8) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => 1e300, 3 => -1e-300, _ => random.Next(3) };
            double[] reference = [.. Enumerable.Range(0, n * columns).Select(_ => Draw())], window = [.. Enumerable.Range(0, m * columns).Select(_ => Draw())];
            DensityRatio ratio = DensityRatio.EstimateRows(reference, window, columns);
            Assert.That(ratio.Weights.ToArray(), Has.All.GreaterThan(0).And.All.LessThan(double.PositiveInfinity));
            Assert.That(ratio.Weights.ToArray().Average(), Is.EqualTo(1).Within(1e-9));
            Assert.That(ratio.EffectiveRows, Is.InRange(1 - 1e-9, n + 1e-9));
            Assert.That(ratio.RocAuc, Is.InRange(0, 1));
            Assert.That(DensityRatio.EstimateRows(reference, window, columns).Weights.ToArray(), Is.EqualTo(ratio.Weights.ToArray()));
        }, iter: 40);

    [Test]
    public void Bad_input_is_named()
    {
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("a").Prediction("p")), other = DriftSchema.Create(s => s.Numeric("b").Prediction("p"));
        double[] values = new Draws(1).Normals(100);
        DriftBatch full = new DriftBatch(schema).Numeric("a", values).Numeric("p", values);
        Assert.That(() => DensityRatio.Estimate(full, new DriftBatch(other).Numeric("b", values).Numeric("p", values)), Throws.ArgumentException.With.Message.Contains("column 0"));
        Assert.That(() => DensityRatio.Estimate(full, new DriftBatch(schema).Numeric("a", values)), Throws.ArgumentException.With.Message.Contains("lacks columns"));
        Assert.That(() => DensityRatio.Estimate(full, full, new() { Columns = ["c"] }), Throws.ArgumentException.With.Message.Contains("'c'"));
        Assert.That(() => DensityRatio.Estimate(full, full, new() { Columns = ["a", "a"] }), Throws.ArgumentException.With.Message.Contains("once"));
        Assert.That(() => DensityRatio.Estimate(full, full, new() { Columns = [] }), Throws.ArgumentException);
        Assert.That(() => DensityRatio.EstimateRows([1, 2, 3], [1, 2], 1), Throws.ArgumentException.With.Message.Contains("too few"));
        Assert.That(() => DensityRatio.EstimateRows([1, 2, 3], [1, 2], 2), Throws.ArgumentException.With.Message.Contains("whole number"));
        Assert.That(() => DensityRatio.EstimateRows(values, values, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => DensityRatio.Estimate(null!, full), Throws.ArgumentNullException);
        DriftSchema noInput = DriftSchema.Create(s => s.Prediction("p"));
        DriftBatch predictions = new DriftBatch(noInput).Numeric("p", values);
        Assert.That(() => DensityRatio.Estimate(predictions, predictions), Throws.ArgumentException.With.Message.Contains("no input"));
        Assert.That(DensityRatio.Estimate(predictions, predictions, new() { Columns = ["p"], MinimumEffectiveRows = 50 }).IsReliable, Is.True);
        Assert.Throws<ArgumentOutOfRangeException>(() => DensityRatio.Estimate(full, full, new() { Folds = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => DensityRatio.Estimate(full, full, new() { MaximumWeight = 0.5 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => DensityRatio.Estimate(full, full, new() { MinimumEffectiveRows = 0 }));
        Assert.Throws<InvalidOperationException>(() => DensityRatio.Estimate(full, full, new() { Learner = static (_, columns, _) => new Nothing(columns) }));
    }

    private sealed class Opposite(IFittedModel model) : IFittedModel
    {
        public int FeatureCount => model.FeatureCount;

        public double Predict(ReadOnlySpan<double> features) => 1 - model.Predict(features);
    }

    private sealed class Nothing(int columns) : IFittedModel
    {
        public int FeatureCount => columns;

        public double Predict(ReadOnlySpan<double> features) => double.NaN;
    }
}
