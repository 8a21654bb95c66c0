namespace Mlops.Drift.Tests;

[TestFixture]
internal sealed class TableDriftTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x").Numeric("y").Categorical("zone"));
    private static readonly DriftSchema WildSchema = DriftSchema.Create(static s => s.Numeric("x").Numeric("wild").Categorical("skewed").Categorical("own"));

    [Test]
    public void Without_drift_it_alarms_in_at_most_five_of_a_hundred_comparisons([Values] VectorTest test)
    {
        // Many rare categories, one for each row, wild numbers and missing ones; the last cell drops names of the reference.
        foreach ((int reference, int current, int kept) in ((int, int, int)[])[(60, 60, 100), (20, 200, 100), (150, 50, 8)])
        {
            const int Runs = 100;
            int alarms = Enumerable.Range(0, Runs).Count(run => IsAlarm(new Draws(run), reference, current, kept, 60, test));

            // 12 is exceeded by a binomial(100, 0.05) with probability 0.0015.
            Assert.That(alarms, Is.LessThanOrEqualTo(12), $"{reference} and {current} rows, {kept} names");
        }
    }

    [Test]
    [Explicit("prints the table of false alarms of docs/drift/vectors-and-texts.md")]
    [Category("Long")]
    public void Table_of_false_alarms()
    {
        foreach ((int reference, int current, int kept) in ((int, int, int)[])[(60, 60, 100), (20, 200, 100), (200, 20, 100), (500, 100, 100), (500, 500, 20), (300, 100, 8)])
        {
            const int Runs = 400;
            string line = $"| {reference} | {current} | {kept} |";
            foreach (VectorTest test in Enum.GetValues<VectorTest>())
            {
                int alarms = Enumerable.Range(0, Runs).Count(run => IsAlarm(new Draws(run), reference, current, kept, 199, test));
                Assert.That(alarms, Is.LessThanOrEqualTo(33), "a binomial(400, 0.05) exceeds this with probability 0.002");
                line += FormattableString.Invariant($" {100.0 * alarms / Runs:F1} |");
            }

            TestContext.Out.WriteLine(line);
        }
    }

    [Test]
    public void A_broken_relation_is_drift_though_no_column_changed([Values(VectorTest.MaximumMeanDiscrepancy, VectorTest.SlicedWasserstein, VectorTest.ReconstructionError)] VectorTest test)
    {
        Draws draws = new(1);
        ReferenceProfile profile = ReferenceProfile.Build(Batch(draws, 600, 0.95));
        DriftBatch unrelated = Batch(draws, 500, 0);
        Assert.That(DriftReport.Compare(profile, unrelated).Verdict, Is.Not.EqualTo(DriftVerdict.Drift));
        Assert.That(VectorDrift.Compare(profile, Batch(draws, 500, 0.95), new() { Test = test, Permutations = 99 }).Verdict, Is.EqualTo(DriftVerdict.NoDrift));
        VectorDrift drift = VectorDrift.Compare(profile, unrelated, new() { Test = test, Permutations = 99 });
        Assert.That(drift.Verdict, Is.EqualTo(DriftVerdict.Drift), drift.Reason);
        Assert.That((drift.ReferenceRows, drift.CurrentRows, drift.Columns), Is.EqualTo((600L, 500L, 6)));
    }

    [Test]
    public void Numbers_are_scaled_by_both_sides_and_cut_and_missing_ones_have_a_column()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Numeric("x"));
        double[] values = [.. Enumerable.Range(0, 9).Select(static i => 10 + (1.349 * i))];
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Numeric("x", values));
        (VectorSample reference, VectorSample current) = TableRows.Encode(profile, new DriftBatch(schema).Numeric("x", (double[])[0, 5, DriftSchema.Missing, double.NaN, 1e9, 1e9, 10 + (1.349 * 4)]), new());

        double spread = RobustScale.Of([.. values, 0, 5, 1e9, 1e9, 10 + (1.349 * 4)]).Spread;
        Assert.That(reference.Columns, Is.EqualTo(2));
        Assert.That(current.Values.Where(static (_, i) => i % 2 == 1), Is.EqualTo([0.0, 0, 1, 1, 0, 0, 0]));
        Assert.That(current.Values.Where(static (_, i) => i % 2 == 0).Skip(2), Is.EqualTo([0.0, 0, 8, 8, 0]));
        Assert.That(reference.Values[2] - reference.Values[0], Is.EqualTo(1.349 / spread).Within(1e-12));
        Assert.That(TableRows.Encode(profile, new DriftBatch(schema).Numeric("x", (float[])[12, 16]), new()).Current.Columns, Is.EqualTo(1), "no column for what is nowhere missing");
    }

    [Test]
    public void Scales_are_the_median_and_the_interquartile_range_and_never_zero_for_what_varies()
    {
        Assert.That(RobustScale.Of([4, 1, 2, 3, 5, double.NaN]), Is.EqualTo(new RobustScale(3, 2 / 1.349)));
        Assert.That(RobustScale.Of([7, 7, 7]), Is.EqualTo(new RobustScale(7, 0)));
        Assert.That(RobustScale.Of([]), Is.EqualTo(default(RobustScale)));
        Assert.That(RobustScale.Of([0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 3, 1e9]), Is.EqualTo(new RobustScale(0, 3)), "half are equal");
        RobustScale widest = RobustScale.Of([-1.7e308, -1.7e308, 1.7e308, 1.7e308]);
        Assert.That((widest.Apply(1.7e308), widest.Apply(double.NaN)), Is.EqualTo((1.7 / 1.7976931348623157, 0.0)).Using<double>((a, b) => Math.Abs(a - b) < 1e-9));
        Assert.That(RobustScale.Of(new Draws(1).Normals(100_000, 2)).Spread, Is.EqualTo(1).Within(0.02));
    }

    [Test]
    public void One_wild_value_hides_no_shift([Values] bool inReference, [Values(VectorTest.ClassifierTwoSample, VectorTest.MaximumMeanDiscrepancy, VectorTest.SlicedWasserstein)] VectorTest test)
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Numeric("x"));
        Draws draws = new(3);
        double[] reference = draws.Normals(400), current = draws.Normals(400, 2);
        (inReference ? reference : current)[7] = 1e9;
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Numeric("x", reference));
        VectorDriftOptions options = new() { Test = test, Permutations = 99 };
        Assert.That(VectorDrift.Compare(profile, new DriftBatch(schema).Numeric("x", current), options).Verdict, Is.EqualTo(DriftVerdict.Drift));

        // The classifier scales columns itself; the seed decides whether the value teaches it.
        float[] first = Array.ConvertAll(reference, static value => (float)value), second = Array.ConvertAll(current, static value => (float)value);
        for (options.Seed = 1; test == VectorTest.ClassifierTwoSample && options.Seed < 6; options.Seed++)
            Assert.That(VectorDrift.Compare(first, second, 1, options).Effect, Is.GreaterThan(0.85));
    }

    [Test]
    public void The_twenty_categories_that_both_sides_hold_most_have_a_column_each()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Categorical("c"));
        string?[] names = [.. Enumerable.Range(0, 600).Select(static i => i < 500 ? "a" + (i % 20) : "b" + (i % 10))];
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Categorical("c", names));
        (VectorSample reference, VectorSample current) = TableRows.Encode(profile, new DriftBatch(schema).Categorical("c", ["a3", "b3", null, "never seen", .. Enumerable.Repeat("new", 30)]), new());
        Assert.That(reference.Columns, Is.EqualTo(22), "and one for the missing, one for the others");
        Assert.That(reference.Values.Chunk(22).Concat(current.Values.Chunk(22)).Select(static row => row.Sum()), Has.All.EqualTo(1.0));
        double[][] rows = [.. current.Values.Chunk(22)];
        Assert.That(rows[2][0], Is.EqualTo(1.0), "missing");
        Assert.That(rows[4][1], Is.EqualTo(1.0), "the most frequent of both is new to the reference");
        Assert.That((rows[0][^1], rows[1][^1], rows[3][^1]), Is.EqualTo((0.0, 1.0, 1.0)));
    }

    [Test]
    public void Rare_categories_and_those_near_the_last_name_that_is_kept_are_others()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Categorical("c"));
        string?[] nine = [.. Enumerable.Range(0, 100).Select(static i => i < 9 ? "nine" : i < 17 ? "eight" : "rest")], two = ["nine", "rest"];
        Assert.That(Columns(nine, ["rest"], 100), Is.EqualTo(2), "nine rows are others, like eight");
        Assert.That(Columns(nine, two, 100), Is.EqualTo(3), "ten rows of both are a column");
        Assert.That(Columns(nine, [.. two, "eight", "eight"], 100), Is.EqualTo(3), "and no others are left");

        // Of 5 and 11 names, each 40 times or so, the profile keeps four: chance decided which. "first" is beyond doubt.
        string?[] equal = [.. Enumerable.Range(0, 640).Select(static i => i < 200 ? "first" : "n" + (i % 11))];
        Assert.That(Columns(equal, equal, 4), Is.EqualTo(2));
        Assert.That(Columns(equal, equal, 100), Is.EqualTo(12));

        int Columns(string?[] reference, string?[] current, int kept) =>
            TableRows.Encode(ReferenceProfile.Build(new DriftBatch(schema).Categorical("c", reference), new ProfileOptions { MaximumCategories = kept }), new DriftBatch(schema).Categorical("c", current), new()).Reference.Columns;
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

    private static bool IsAlarm(Draws draws, int reference, int current, int kept, int permutations, VectorTest test)
    {
        ReferenceProfile profile = ReferenceProfile.Build(Wild(draws, reference), new ProfileOptions { MaximumCategories = kept });
        return VectorDrift.Compare(profile, Wild(draws, current), new() { Test = test, Permutations = permutations - 1, Directions = 8 }).Verdict == DriftVerdict.Drift;
    }

    /// <summary>Numbers without a mean, of which a tenth is missing; fifty categories of shares 1 / 1, 1 / 2, 1 / 3 and so on; a category for each row.</summary>
    private static DriftBatch Wild(Draws draws, int rows)
    {
        double[] x = draws.Normals(rows), wild = draws.Normals(rows);
        string?[] skewed = new string?[rows], own = new string?[rows];
        for (int i = 0; i < rows; i++)
        {
            wild[i] = draws.Uniform() < 0.1 ? double.NaN : wild[i] / draws.Normal();
            skewed[i] = "c" + (int)Math.Pow(51, draws.Uniform());
            own[i] = "id" + draws.Next(int.MaxValue);
        }

        return new DriftBatch(WildSchema).Numeric("x", x).Numeric("wild", wild).Categorical("skewed", skewed).Categorical("own", own);
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
