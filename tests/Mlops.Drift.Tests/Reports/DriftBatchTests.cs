namespace Mlops.Drift.Tests;

/// <summary>Rows by column give what the same rows give one by one.</summary>
[TestFixture]
internal sealed class DriftBatchTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("amount").Numeric("weight").Categorical("country").Numeric("level"));

    private sealed record Order(double Amount, double Weight, string? Country, double Level);

    private static readonly DriftSchema<Order> Rows = DriftSchema.For<Order>(static s => s
        .Numeric(o => o.Amount, "amount").Numeric(o => o.Weight, "weight").Categorical(o => o.Country, "country").Numeric(o => o.Level, "level"));

    [Test]
    public void A_batch_gives_the_profile_and_report_of_its_rows([Values(500, 9_000)] int count)
    {
        Order[] before = Draw(1, 12_000, 0), after = Draw(2, count, 0.2);
        ReferenceProfile profile = ReferenceProfile.Build(Rows, before), byColumns = ReferenceProfile.Build(Batch(before));
        Assert.That(byColumns.Digest, Is.EqualTo(profile.Digest));

        DriftReport report = DriftReport.Compare(byColumns, Batch(after));
        Assert.That(report.ToJson(), Is.EqualTo(DriftReport.Compare(profile, after).ToJson()));
        Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Drift));

        // Values that are floats anyway may as well come as floats.
        DriftBatch singles = new DriftBatch(Schema)
            .Numeric("amount", Array.ConvertAll(after, static o => (float)o.Amount)).Numeric("weight", Array.ConvertAll(after, static o => o.Weight))
            .Categorical("country", Array.ConvertAll(after, static o => o.Country)).Numeric("level", Array.ConvertAll(after, static o => (float)o.Level));
        Assert.That(DriftReport.Compare(profile, singles).ToJson(), Is.EqualTo(report.ToJson()));
    }

    [Test]
    public void What_does_not_fit_is_refused_by_name()
    {
        Assert.That(() => new DriftBatch(Schema).Numeric("price", new double[3]), Throws.ArgumentException.With.Message.Contains("'price'").And.Message.Contains("amount, weight, level"));
        Assert.That(() => new DriftBatch(Schema).Numeric("country", new double[3]), Throws.ArgumentException.With.Message.Contains("no Numeric column 'country'"));
        Assert.That(() => new DriftBatch(Schema).Numeric("amount", new double[3]).Numeric("amount", new float[3]), Throws.ArgumentException.With.Message.Contains("already"));
        Assert.That(() => new DriftBatch(Schema).Numeric("amount", new double[3]).Categorical("country", new string[4]), Throws.ArgumentException.With.Message.Contains("4 rows").And.Message.Contains("have 3"));
        ReferenceProfile profile = ReferenceProfile.Build(Rows, Draw(1, 500, 0));
        Assert.That(() => DriftReport.Compare(profile, new DriftBatch(Schema).Numeric("amount", new double[3])), Throws.ArgumentException.With.Message.Contains("weight, country, level"));
        Assert.That(() => ReferenceProfile.Build(Batch([])), Throws.ArgumentException.With.Message.Contains("needs rows"));
        Assert.That(DriftReport.Compare(profile, Batch([])).Verdict, Is.EqualTo(DriftVerdict.Undecided));
        DriftSchema other = DriftSchema.Create(static s => s.Numeric("amount"));
        Assert.That(() => DriftReport.Compare(profile, new DriftBatch(other).Numeric("amount", new double[3])), Throws.ArgumentException.With.Message.Contains("does not fit"));
    }

    [Test]
    public void Seasons_are_not_matched_and_the_report_says_so()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Ride.Schema, new Draws(4).Rides(1_000), new() { Season = Season.Month });
        DriftBatch batch = new(profile.Schema);
        foreach (DriftColumn column in profile.Schema.Columns)
        {
            if (column.Kind == ColumnKind.Numeric)
                batch.Numeric(column.Name, new double[100]);
            else
                batch.Categorical(column.Name, new string[100]);
        }

        DriftReport report = DriftReport.Compare(profile, batch);
        Assert.That(report.Warnings, Has.Some.Contains("not by Month"));
        Assert.That(report.ReferenceSeason, Is.EqualTo("all"));
    }

    [Test]
    public void Many_profiles_merge_to_what_pairs_give()
    {
        ReferenceProfile first = ReferenceProfile.Build(Rows, Draw(1, 700, 0), new() { MaximumSampleRows = 300 });
        ReferenceProfile[] fleet = [first, .. Enumerable.Range(2, 6).Select(seed => ReferenceProfile.Build(
            Rows, Draw(seed, 100 * seed, 0), new() { MaximumSampleRows = 300, MergeableWith = first, SampleSeed = seed }))];
        Assert.That(ReferenceProfile.Merge(fleet).Digest, Is.EqualTo(fleet.Aggregate(static (left, right) => left.Merge(right)).Digest));
        Assert.That(ReferenceProfile.Merge([first]).Digest, Is.EqualTo(first.Digest));
        Assert.That(() => ReferenceProfile.Merge([]), Throws.ArgumentException);
    }

    private static DriftBatch Batch(Order[] rows) => new DriftBatch(Schema)
        .Numeric("amount", Array.ConvertAll(rows, static o => o.Amount)).Numeric("weight", Array.ConvertAll(rows, static o => o.Weight))
        .Categorical("country", Array.ConvertAll(rows, static o => o.Country)).Numeric("level", Array.ConvertAll(rows, static o => o.Level));

    private static Order[] Draw(int seed, int count, double shift)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => new Order(
            (float)(random.NextDouble() + shift), random.Next(25) == 0 ? DriftSchema.Missing : random.NextDouble(),
            random.Next(30) == 0 ? null : $"c{random.Next(6)}", random.Next(4)))];
    }
}
