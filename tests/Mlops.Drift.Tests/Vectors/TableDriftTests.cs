namespace Mlops.Drift.Tests;

[TestFixture]
internal sealed class TableDriftTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x").Numeric("y").Categorical("zone"));

    [Test]
    public void Without_drift_it_alarms_in_at_most_five_of_a_hundred_comparisons([Values(VectorTest.ClassifierTwoSample, VectorTest.SlicedWasserstein)] VectorTest test)
    {
        const int Runs = 120;
        int alarms = 0;
        for (int run = 0; run < Runs; run++)
        {
            Draws draws = new(run);
            ReferenceProfile profile = ReferenceProfile.Build(Batch(draws, 120, 0.8));
            alarms += VectorDrift.Compare(profile, Batch(draws, 100, 0.8), new() { Test = test, Permutations = 59, Directions = 8 }).Verdict == DriftVerdict.Drift ? 1 : 0;
        }

        // 13 is exceeded by a binomial(120, 0.05) with probability 0.003.
        Assert.That(alarms, Is.LessThanOrEqualTo(13));
    }

    [Test]
    public void A_broken_relation_is_drift_though_no_column_changed([Values(VectorTest.MaximumMeanDiscrepancy, VectorTest.SlicedWasserstein, VectorTest.ReconstructionError)] VectorTest test)
    {
        Draws draws = new(1);
        ReferenceProfile profile = ReferenceProfile.Build(Batch(draws, 500, 0.95));
        DriftBatch unrelated = Batch(draws, 400, 0);
        Assert.That(DriftReport.Compare(profile, unrelated).Verdict, Is.Not.EqualTo(DriftVerdict.Drift));
        Assert.That(VectorDrift.Compare(profile, Batch(draws, 400, 0.95), new() { Test = test, Permutations = 99 }).Verdict, Is.EqualTo(DriftVerdict.NoDrift));
        VectorDrift drift = VectorDrift.Compare(profile, unrelated, new() { Test = test, Permutations = 99 });
        Assert.That(drift.Verdict, Is.EqualTo(DriftVerdict.Drift), drift.Reason);
        Assert.That((drift.ReferenceRows, drift.CurrentRows, drift.Columns), Is.EqualTo((500L, 400L, 6)));
    }

    [Test]
    public void Numbers_are_standardized_and_cut_and_missing_ones_have_a_column()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Numeric("x"));
        double[] values = [.. Enumerable.Range(0, 200).Select(static i => i % 2 == 0 ? 10.0 : 14.0)];
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Numeric("x", values));
        (VectorSample reference, VectorSample current) = TableRows.Encode(profile, new DriftBatch(schema).Numeric("x", (double[])[12, 16, DriftSchema.Missing, double.NaN, 1e9]), new());
        Assert.That(reference.Columns, Is.EqualTo(2));
        Assert.That(reference.Values.AsSpan(0, 4).ToArray(), Is.EqualTo([-1.0, 0, 1, 0]));
        Assert.That(current.Values, Is.EqualTo([0.0, 0, 2, 0, 0, 1, 0, 1, 8, 0]));
        Assert.That(TableRows.Encode(profile, new DriftBatch(schema).Numeric("x", (float[])[12, 16]), new()).Current.Values, Is.EqualTo([0.0, 2.0]), "no column for what is nowhere missing");
    }

    [Test]
    public void The_most_frequent_twenty_categories_have_a_column_each()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Categorical("c"));
        string?[] names = [.. Enumerable.Range(0, 600).Select(static i => i < 500 ? "a" + (i % 20) : "b" + (i % 10))];
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Categorical("c", names));
        (VectorSample reference, VectorSample current) = TableRows.Encode(profile, new DriftBatch(schema).Categorical("c", ["a3", "b3", null, "never seen"]), new());
        Assert.That(reference.Columns, Is.EqualTo(21), "and one for the missing");
        Assert.That(current.Values.Chunk(21).Select(static row => row.Sum()), Is.EqualTo([1.0, 0, 1, 0]), "what is not named has no column");
    }

    [Test]
    public void A_new_category_and_a_constant_that_moved_are_drift()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Numeric("x").Categorical("c"));
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Numeric("x", new double[500]).Categorical("c", [.. Enumerable.Repeat("a", 500)]));
        Assert.That(VectorDrift.Compare(profile, new DriftBatch(schema).Numeric("x", new double[300]).Categorical("c", [.. Enumerable.Repeat("a", 300)])).Verdict, Is.EqualTo(DriftVerdict.NoDrift));
        Assert.That(VectorDrift.Compare(profile, new DriftBatch(schema).Numeric("x", new double[300]).Categorical("c", [.. Enumerable.Repeat("b", 300)])).Verdict, Is.EqualTo(DriftVerdict.Drift));
        double[] moved = [.. Enumerable.Repeat(1e-3, 300)];
        Assert.That(VectorDrift.Compare(profile, new DriftBatch(schema).Numeric("x", moved).Categorical("c", [.. Enumerable.Repeat("a", 300)])).Verdict, Is.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void Mistakes_are_refused_and_an_empty_batch_is_undecided()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Batch(new Draws(1), 150, 0));
        Assert.That(() => VectorDrift.Compare(profile, new DriftBatch(Schema)), Throws.ArgumentException.With.Message.Contains("lacks columns"));
        Assert.That(() => VectorDrift.Compare(profile, new DriftBatch(DriftSchema.Create(static s => s.Numeric("z")))), Throws.ArgumentException.With.Message.Contains("does not fit"));
        Assert.That(VectorDrift.Compare(profile, Batch(new Draws(2), 0, 0)).Verdict, Is.EqualTo(DriftVerdict.Undecided));
    }

    private static DriftBatch Batch(Draws draws, int rows, double correlation)
    {
        double[] x = draws.Normals(rows), y = draws.Normals(rows);
        for (int i = 0; i < rows; i++)
            y[i] = (correlation * x[i]) + (Math.Sqrt(1 - (correlation * correlation)) * y[i]);
        string?[] zones = [.. Enumerable.Range(0, rows).Select(_ => "zone " + draws.Next(4))];
        return new DriftBatch(Schema).Numeric("x", x).Numeric("y", y).Categorical("zone", zones);
    }
}
