namespace Mlops.Drift.Tests;

/// <summary>Verdicts per segment: what is in one segment alone is found there, and nothing is found where there is nothing.</summary>
[TestFixture]
internal sealed class SegmentTests
{
    private static readonly DriftSchema<Order> Schema = DriftSchema.For<Order>(static s => s
        .Timestamp(o => o.At).Segment(o => o.Country, "country").Numeric(o => o.Amount, "amount").Numeric(o => o.Weight, "weight").Categorical(o => o.Channel, "channel").Segment(o => o.Tier, "tier"));

    private static readonly string[] Countries = ["DE", "AT", "CH", "FR", "IT"];

    private sealed record Order(DateTimeOffset At, string? Country, double Amount, double Weight, string Channel, string Tier);

    [Test]
    public void Drift_of_one_segment_is_found_there_and_drifts_the_report()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Schema, Draw(1, 30_000), new() { MaximumSegmentSampleRows = 8_000 });
        DriftReport report = DriftReport.Compare(profile, Draw(2, 3_000, shifted: "CH", shift: 0.5));

        Assert.That(report.Segments.Select(static s => $"{s.Column}={s.Value}"), Is.EquivalentTo(Countries.Select(static c => $"country={c}").Append("tier=gold").Append("tier=blue")));
        SegmentDrift[] drifted = [.. report.Segments.Where(static s => s.Verdict == DriftVerdict.Drift && s.Column == "country")];
        Assert.That(drifted.Select(static s => s.Value), Is.EqualTo(new[] { "CH" }));
        Assert.That(drifted[0].Features.Where(static f => f.Verdict == DriftVerdict.Drift).Select(static f => f.Name), Is.EqualTo(new[] { "amount" }));
        Assert.That(drifted[0].Features.Select(static f => f.Name), Is.EqualTo(new[] { "amount", "weight", "channel", "tier" }), "a segment's own column is constant in it");
        Assert.That(drifted[0].Rows, Is.InRange(100, 1_000));
        Assert.That(drifted[0].ReferenceRows, Is.InRange(1_000, 10_000));
        Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(report.ToHtml(), Does.Contain("country = CH"));
        Assert.That(DriftReport.FromJson(report.ToJson()).Segments, Has.Count.EqualTo(report.Segments.Count));
    }

    /// <summary>A shift up in one country and down in another leaves the whole as it was.</summary>
    [Test]
    public async Task An_alert_of_segments_alone_names_them()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Schema, Draw(21, 30_000), new() { MaximumSegmentSampleRows = 8_000 });
        using DriftMonitor<Order> monitor = new("orders", Schema, new() { WindowRows = 3_000, Thresholds = new() { KolmogorovSmirnovFloor = 0.15, ShareFloor = 0.1 } });
        monitor.Activate("v1", profile);
        List<DriftAlert> alerts = [];
        monitor.AddObserver(new AlertList(alerts));
        for (int round = 0; round < 4; round++)
        {
            foreach (Order order in Draw(22 + round, 3_000, shifted: "CH", shift: 0.5))
                monitor.Observe(order);
            DriftReport report = await monitor.EvaluateAsync();
            Assert.That(report.Features, Has.None.Property(nameof(FeatureDrift.Verdict)).EqualTo(DriftVerdict.Drift), "the floor is above what the whole shows");
            Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Drift));
        }

        Assert.That(alerts, Is.Not.Empty);
        Assert.That(alerts[0].Segments, Is.EqualTo(new[] { "country = CH" }));
        Assert.That(alerts[0].Features, Is.EqualTo(new[] { "amount" }));
        Assert.That(alerts[0].Reason, Does.StartWith("1 of 7 segments drift, the surest by country; amount: KS distance").And.Not.Contain("CH"));
        Assert.That(alerts[0].PValue, Is.LessThan(1e-6));
    }

    [Test]
    public void A_segment_column_alone_has_no_segments_to_compare()
    {
        DriftSchema schema = DriftSchema.Create(static s => s.Segment("country"));
        ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Categorical("country", [.. Enumerable.Range(0, 500).Select(static i => $"c{i % 3}")]));
        DriftReport report = DriftReport.Compare(profile, new DriftBatch(schema).Categorical("country", [.. Enumerable.Range(0, 90).Select(static i => $"c{i % 3}")]));
        Assert.That((report.Segments, report.Features.Count), Is.EqualTo((Array.Empty<SegmentDrift>(), 1)));
    }

    /// <summary>Any discovery, in the whole or in a segment, in a report without drift: at most 5 %, floors left out.</summary>
    [Test]
    public void A_report_without_drift_discovers_something_at_most_at_the_nominal_rate([Values(300, 1_500)] int rows)
    {
        const int Runs = 150;
        ReferenceProfile profile = ReferenceProfile.Build(Schema, Draw(3, 60_000), new() { MaximumSegmentSampleRows = 20_000 });
        int discoveries = 0, reports = 0;
        for (int run = 0; run < Runs; run++)
        {
            DriftReport report = DriftReport.Compare(profile, Draw(100 + run, rows));
            Assert.That(report.Segments, Has.Count.EqualTo(7));
            discoveries += report.Features.Concat(report.Segments.SelectMany(static s => s.Features)).Any(static f => f.AdjustedPValue <= 0.05) ? 1 : 0;
            reports++;
        }

        Assert.That(discoveries, Is.LessThanOrEqualTo(CalibrationTests.BinomialQuantile(reports, 0.06, 0.999)));
    }

    [Test]
    public void Families_are_tested_at_the_share_of_selected_ones()
    {
        // Three families; the first two are selected, so inside them p is stretched by 3 / 2.
        DriftThresholds thresholds = new() { Alpha = 0.05 };
        DecidedFamily[] families = FeatureVerdicts.Decide([Family(0.001, 0.9), Family(0.02, 0.035), Family(0.2, 0.04), Family()], thresholds);

        Assert.That(families.Select(static f => f.PValue), Is.EqualTo(new double?[] { 0.002, 0.035, 0.08, null }));
        Assert.That(families.Select(static f => f.AdjustedPValue), Is.EqualTo(new double?[] { 0.006, 0.0525, 0.08, null }).Within(1e-12));
        Assert.That(families[0].Features.Select(static f => f.AdjustedPValue), Is.EqualTo(new double?[] { 0.006, 1 }).Within(1e-12), "one of three is selected");
        Assert.That(families[1].Features.Select(static f => f.AdjustedPValue), Is.EqualTo(new double?[] { 0.0525, 0.0525 }).Within(1e-12), "not selected, so nothing in it is");

        DecidedFamily[] alone = FeatureVerdicts.Decide([Family(0.02, 0.035)], thresholds);
        Assert.That(alone[0].Features.Select(static f => f.AdjustedPValue), Is.EqualTo(new double?[] { 0.035, 0.035 }).Within(1e-12));
        Assert.That(alone[0].Features, Has.All.Property(nameof(FeatureDrift.Verdict)).EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void A_profile_keeps_its_segments_when_it_is_written_and_merged()
    {
        ProfileOptions options = new() { MaximumSegments = 3, Season = Season.Quarter };
        ReferenceProfile first = ReferenceProfile.Build(Schema, Draw(5, 4_000), options);
        ReferenceProfile second = ReferenceProfile.Build(Schema, Draw(6, 3_000), new() { Season = Season.Quarter, MergeableWith = first, SampleSeed = 1 });
        ReferenceProfile read = ReferenceProfile.Read(first.ToArray());
        Assert.That(read.Digest, Is.EqualTo(first.Digest));
        Assert.That(read.Segments.Select(static s => s.Value), Is.EqualTo(first.Segments.Select(static s => s.Value)));
        Assert.That(first.Segments, Has.Length.EqualTo(5), "three countries and two tiers");

        ReferenceProfile merged = first.Merge(second);
        for (int i = 0; i < merged.Segments.Length; i++)
            Assert.That(merged.Segments[i].Parts.Rows, Is.EqualTo(first.Segments[i].Parts.Rows + second.Segments[i].Parts.Rows));
        Order[] window = Draw(7, 800, shifted: first.Segments[0].Value, shift: 1);
        Assert.That(DriftReport.Compare(read, Schema, window).ToJson(), Is.EqualTo(DriftReport.Compare(first, window).ToJson()));
        Assert.That(DriftReport.Compare(merged, window).Segments.Single(static s => s.Verdict == DriftVerdict.Drift && s.Column == "country").Value, Is.EqualTo(first.Segments[0].Value));

        ReferenceProfile without = ReferenceProfile.Build(Schema, Draw(5, 4_000), new() { MaximumSegments = 0, Season = Season.Quarter });
        Assert.That(without.ToArray()[4], Is.EqualTo(1), "without segments the format is that of before");
        Assert.That(DriftReport.Compare(without, window).Segments, Is.Empty);
        Assert.That(() => without.Merge(first), Throws.ArgumentException);
        byte[] damaged = first.ToArray();
        damaged[^40] ^= 1;
        Assert.Throws<DriftFormatException>(() => ReferenceProfile.Read(damaged));
    }

    [Test]
    public void A_batch_by_columns_has_the_segments_of_its_rows()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Schema, Draw(8, 5_000));
        Order[] window = Draw(9, 900, shifted: "FR", shift: 0.8);
        DriftBatch batch = new DriftBatch(profile.Schema)
            .Categorical("country", Array.ConvertAll(window, static o => o.Country)).Numeric("amount", Array.ConvertAll(window, static o => o.Amount))
            .Numeric("weight", Array.ConvertAll(window, static o => o.Weight)).Categorical("channel", Array.ConvertAll(window, static o => o.Channel))
            .Categorical("tier", Array.ConvertAll(window, static o => o.Tier));
        Assert.That(DriftReport.Compare(profile, batch).Segments.Select(static s => (s.Value, s.Verdict, s.PValue)),
            Is.EqualTo(DriftReport.Compare(profile, window).Segments.Select(static s => (s.Value, s.Verdict, s.PValue))));
    }

    private static FeatureDrift[] Family(params double[] pValues) => [.. pValues.Select(static (p, i) => new FeatureDrift
    {
        Name = $"c{i}",
        Kind = ColumnKind.Numeric,
        Role = ColumnRole.Feature,
        Verdict = DriftVerdict.Undecided,
        Test = DriftTest.KolmogorovSmirnov,
        EffectFloor = 0.02,
        Reason = "",
        Checks = [new DriftCheck { Test = DriftTest.KolmogorovSmirnov, PValue = p, Effect = 0.3, EffectFloor = 0.02, MinimumDetectableEffect = 0.1 }],
    })];

    private static Order[] Draw(int seed, int count, string? shifted = null, double shift = 0)
    {
        Random random = new(seed);
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            string? country = random.Next(40) == 0 ? null : Countries[Math.Min(random.Next(5), random.Next(5))];
            double amount = random.NextDouble() + random.NextDouble() + (country == shifted ? shift : 0);
            return new Order(start.AddHours(i % 8_000), country, amount, random.NextDouble(), random.Next(3) == 0 ? "web" : "shop", random.Next(4) == 0 ? "gold" : "blue");
        })];
    }
}
