namespace Mlops.Drift.Tests;

/// <summary>Windows of many instances, described on the spot and judged as one.</summary>
internal sealed class FleetTests
{
    private const int Instances = 5;

    private static readonly string[] Countries = ["AT", "CH", "DE"];

    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s
        .Numeric("amount").Numeric("items").Categorical("channel").Segment("country"));

    [Test]
    public void The_merged_windows_of_a_fleet_are_judged_as_one_window()
    {
        ReferenceProfile reference = Build(new Draws(1), 20_000, 0);
        Draws draws = new(2);
        List<ReferenceProfile> windows = [];
        List<(double[] Numbers, string?[] Texts)> all = [];
        for (int i = 0; i < Instances; i++)
        {
            using DriftMonitor monitor = new($"orders-{i}", Schema, new() { WindowRows = 400 });
            monitor.Activate("v1", reference);
            foreach ((double[] numbers, string?[] texts) row in Rows(draws, 400, shift: 0.25))
            {
                monitor.Observe(row.numbers, row.texts);
                all.Add(row);
            }

            // What leaves the process is bytes.
            windows.Add(ReferenceProfile.Read(monitor.DescribeWindow(i)!.ToArray()));
        }

        DriftReport fleet = DriftReport.Compare(reference, ReferenceProfile.Merge(windows));
        DriftReport whole = DriftReport.Of(reference, RowsOf(all), new());

        Assert.That(fleet.Rows, Is.EqualTo(Instances * 400));
        Assert.That(fleet.Features.Select(static f => (f.Name, f.Verdict, f.Test)), Is.EqualTo(whole.Features.Select(static f => (f.Name, f.Verdict, f.Test))));
        foreach ((FeatureDrift mine, FeatureDrift theirs) in fleet.Features.Zip(whole.Features))
        {
            Assert.That(mine.Checks.Select(static c => c.Statistic), Is.EqualTo(theirs.Checks.Select(static c => c.Statistic)).Within(1e-12), mine.Name);
            Assert.That(mine.CurrentShares, Is.EqualTo(theirs.CurrentShares));
        }

        Assert.That(fleet.Features[0].Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(fleet.Segments.Select(static s => (s.Value, s.Rows, s.Verdict)), Is.EqualTo(whole.Segments.Select(static s => (s.Value, s.Rows, s.Verdict))));
        Assert.That(DriftReport.Compare(reference, windows[0]).Rows, Is.EqualTo(400), "one instance alone");
    }

    [Test]
    public void A_fleet_is_compared_by_season()
    {
        DriftSchema<Ride> schema = Ride.Schema;
        DateTimeOffset start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        ReferenceProfile reference = ReferenceProfile.Build(schema, new Draws(3).Rides(8_760, start: start), new() { Season = Season.Quarter });
        using DriftMonitor<Ride> monitor = new("rides", schema, new() { WindowRows = 600, MaximumRowLead = TimeSpan.FromDays(3_660) });
        monitor.Activate("v1", reference);
        foreach (Ride ride in new Draws(4).Rides(600, start: start.AddYears(1)))
            monitor.Observe(ride);
        DriftReport report = DriftReport.Compare(reference, monitor.DescribeWindow(1)!);
        Assert.That(report.ReferenceSeason, Is.EqualTo("quarter 1"));
        Assert.That(report.Rows, Is.EqualTo(600));
        Assert.That(report.From, Is.EqualTo(start.AddYears(1)));
    }

    [Test]
    public void A_window_of_other_bins_or_without_a_reference_is_refused_or_absent()
    {
        ReferenceProfile reference = Build(new Draws(5), 2_000, 0), other = Build(new Draws(6), 2_000, 0);
        Assert.That(() => DriftReport.Compare(reference, other), Throws.ArgumentException.With.Message.Contain("The bins of 'amount' differ"));
        using DriftMonitor monitor = new("orders", Schema);
        monitor.Observe([1, 2], ["web", "AT"]);
        Assert.That(monitor.DescribeWindow(0), Is.Null, "no reference");
        monitor.Activate("v1", reference);
        Assert.That(monitor.DescribeWindow(0), Is.Null, "no row of this version");
        monitor.Observe([1, 2], ["never seen", "AT"]);
        DriftReport one = DriftReport.Compare(reference, monitor.DescribeWindow(0)!);
        Assert.That(one.Features[2].NewCategories, Has.Count.EqualTo(1));
    }

    private static ReferenceProfile Build(Draws draws, int rows, double shift)
    {
        DriftBatch batch = new(Schema);
        List<(double[] Numbers, string?[] Texts)> drawn = [.. Rows(draws, rows, shift)];
        for (int c = 0; c < 2; c++)
            batch.Numeric(Schema.Columns[c].Name, drawn.ConvertAll(row => row.Numbers[c]).ToArray());
        for (int c = 0; c < 2; c++)
            batch.Categorical(Schema.Columns[2 + c].Name, drawn.ConvertAll(row => row.Texts[c]));
        return ReferenceProfile.Build(batch);
    }

    private static IEnumerable<(double[] Numbers, string?[] Texts)> Rows(Draws draws, int count, double shift)
    {
        for (int i = 0; i < count; i++)
        {
            yield return (
                [draws.Uniform() < 0.02 ? DriftSchema.Missing : draws.Normal() + shift, draws.Next(6)],
                [draws.Uniform() < 0.3 ? "shop" : "web", Countries[draws.Next(3)]]);
        }
    }

    private static RowSet RowsOf(List<(double[] Numbers, string?[] Texts)> rows)
    {
        RowWindow window = new(Schema, int.MaxValue, WindowKeeping.Latest, 1_000);
        foreach ((double[] numbers, string?[] texts) in rows)
            window.Add(numbers, texts, RowFacts.NoTime);
        return window.Snapshot();
    }
}
