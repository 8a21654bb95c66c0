using System.Text;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Drift.Tests;

/// <summary>What every engine must do with profiles, states, reports and alerts. Each test has a database of its own.</summary>
internal abstract class DriftStoreSuite
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(2_000));
    private static readonly ReferenceProfile Other = ReferenceProfile.Build(Ride.Schema, new Draws(2).Rides(2_000));

    private string _folder = "";
    private Database _database = null!;
    private DriftStore _store = null!;

    /// <summary>Empty at the first call, the same one at later calls with the same folder.</summary>
    protected abstract Database Create(string folder);

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-drift").FullName;
        _database = Create(_folder);
        _store = new DriftStore(_database, new FakeTimeProvider(Now));
    }

    [TearDown]
    public async Task TearDown()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_reference_is_found_by_monitor_and_version_with_every_bit()
    {
        await _store.SetReferenceAsync("rides", "v1", new ServedReference(Reference, ErrorBaseline.FromErrors([1, 2, 3])));
        await _store.SetReferenceAsync("rides", "v2", new ServedReference(null, ErrorBaseline.FromErrors([4])));
        await _store.SetReferenceAsync("trips", "v1", new ServedReference(Reference));

        ServedReference found = (await _store.FindAsync("rides", "v1"))!;
        Assert.That(found.Profile!.ToArray(), Is.EqualTo(Reference.ToArray()));
        Assert.That(found.ErrorBaseline!.Mean, Is.EqualTo(2));
        Assert.That((await _store.FindAsync("rides", "v2"))!.Profile, Is.Null);
        Assert.That((await _store.FindAsync("trips", "v1"))!.ErrorBaseline, Is.Null);
        Assert.That(await _store.FindAsync("trips", "v2"), Is.Null);
        Assert.That(await _store.FindAsync("Rides", "v1"), Is.Null, "names differ by case");
    }

    [Test]
    public async Task A_reference_set_again_replaces_the_earlier_one()
    {
        await _store.SetReferenceAsync("rides", "v1", new ServedReference(Reference, ErrorBaseline.FromErrors([1])));
        await _store.SetReferenceAsync("rides", "v1", new ServedReference(Other));

        ServedReference found = (await _store.FindAsync("rides", "v1"))!;
        Assert.That((found.Profile!.Digest, found.ErrorBaseline), Is.EqualTo((Other.Digest, (ErrorBaseline?)null)));
    }

    [Test]
    public async Task Of_eight_connections_that_set_one_reference_one_is_found_whole()
    {
        ServedReference[] references = [.. Enumerable.Range(0, 8).Select(i => new ServedReference(i % 2 == 0 ? Reference : Other, ErrorBaseline.FromErrors([i % 2])))];
        await EightAsync((store, i) => store.SetReferenceAsync("rides", "v1", references[i]));

        ServedReference found = (await _store.FindAsync("rides", "v1"))!;
        Assert.That(found.Profile!.Digest, Is.EqualTo(found.ErrorBaseline!.Mean == 0 ? Reference.Digest : Other.Digest));
    }

    [Test]
    public async Task A_state_is_replaced_and_comes_back_with_every_byte()
    {
        Assert.That(await _store.FindStateAsync("rides"), Is.Null);
        byte[] state = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)(i * 31))];
        await _store.SaveStateAsync("rides", [0]);
        await _store.SaveStateAsync("rides", state);
        await _store.SaveStateAsync("trips", []);

        Assert.That(await _store.FindStateAsync("rides"), Is.EqualTo(state));
        Assert.That(await _store.FindStateAsync("trips"), Is.Empty);
    }

    [Test]
    public async Task A_state_goes_with_the_host_s_transaction()
    {
        Assert.That(
            async () => await _database.WriteAsync(0, static int (session, _) =>
            {
                DriftStore.SaveState(session, "rides", [1], Now);
                throw new InvalidOperationException("the host's part failed");
            }),
            Throws.InvalidOperationException);

        Assert.That(await _store.FindStateAsync("rides"), Is.Null);
    }

    [Test]
    public async Task Reports_come_newest_first_in_pages_without_a_gap_and_as_they_were()
    {
        List<DriftReport> saved = [];
        for (int i = 0; i < 7; i++)
        {
            saved.Add(DriftReport.Compare(Reference, new Draws(i).Rides(300, shift: i % 2)) with { Monitor = "rides", ModelVersion = $"v{i}", EvaluatedAt = Now.AddHours(i) });
            await _store.SaveReportAsync(saved[i]);
            await _store.SaveReportAsync(saved[i] with { Monitor = "trips" });
        }

        List<StoredReport> read = [];
        IReadOnlyList<StoredReport> page;
        do
        {
            page = await _store.ListReportsAsync("rides", take: 3, before: read.LastOrDefault());
            read.AddRange(page);
        }
        while (page.Count > 0);

        Assert.That(read.Select(static r => r.Report.ModelVersion), Is.EqualTo(new[] { "v6", "v5", "v4", "v3", "v2", "v1", "v0" }));
        Assert.That(read.Select(static r => r.Report.ToJson()), Is.EqualTo(saved.AsEnumerable().Reverse().Select(static r => r.ToJson())));
    }

    [Test]
    public async Task Reports_older_than_the_retention_go_when_one_is_stored_a_hundred_at_most()
    {
        DriftReport report = DriftReport.Compare(Reference, new Draws(3).Rides(300)) with { Monitor = "rides" };
        await _store.SaveReportAsync(report with { EvaluatedAt = Now.AddDays(-31) });
        for (int i = 0; i < 102; i++)
            await _store.SaveReportAsync(report with { EvaluatedAt = Now.AddDays(-32).AddSeconds(i - 102) });
        await _store.SaveReportAsync(report with { EvaluatedAt = Now.AddDays(-30) });
        await _store.SaveReportAsync(report with { Monitor = "trips", EvaluatedAt = Now.AddDays(-32) });

        await _store.SaveReportAsync(report with { EvaluatedAt = Now }, TimeSpan.FromDays(30));
        Assert.That(await DaysAsync(), Is.EqualTo(new[] { 0, 30, 32, 32, 31 }), "the oldest hundred went");
        await _store.SaveReportAsync(report with { EvaluatedAt = Now }, TimeSpan.FromDays(30));
        Assert.That(await DaysAsync(), Is.EqualTo(new[] { 0, 30 }));
        await _store.SaveReportAsync(report with { EvaluatedAt = Now.AddYears(70) }, TimeSpan.FromDays(30));
        Assert.That(await DaysAsync(), Has.Count.EqualTo(3), "a report dated in the future deletes what is old today");
        Assert.That(await _store.ListReportsAsync("trips"), Has.Count.EqualTo(1));
        Assert.That(() => _store.SaveReportAsync(report, TimeSpan.Zero), Throws.TypeOf<ArgumentOutOfRangeException>());

        async Task<List<int>> DaysAsync() => [.. (await _store.ListReportsAsync("rides")).Select(static r => (Now - r.Report.EvaluatedAt!.Value).Days)];
    }

    [Test]
    public async Task A_report_is_stored_once_whoever_repeats_it_unless_it_has_no_time()
    {
        DriftReport report = DriftReport.Compare(Reference, new Draws(3).Rides(300)) with { Monitor = "rides", EvaluatedAt = Now };
        await EightAsync(async (store, _) =>
        {
            await store.SaveReportAsync(report);
            await store.SaveReportAsync(report, TimeSpan.FromDays(30));
        });
        await _store.SaveReportAsync(report with { ModelVersion = "v2" });
        await _store.SaveReportAsync(report with { EvaluatedAt = Now.AddSeconds(1) });
        await _store.SaveReportAsync(report with { Monitor = "trips" });
        Assert.That((await _store.ListReportsAsync("rides")).Select(static r => (r.Report.ModelVersion, r.Report.EvaluatedAt)), Is.EqualTo(new[] { ((string?)null, Now.AddSeconds(1)), ("v2", Now), (null, Now) }));
        Assert.That(await _store.ListReportsAsync("trips"), Has.Count.EqualTo(1));

        await _store.SaveReportAsync(report with { EvaluatedAt = null });
        await _store.SaveReportAsync(report with { EvaluatedAt = null });
        Assert.That(await _store.ListReportsAsync("rides"), Has.Count.EqualTo(5));
    }

    [Test]
    public async Task Alerts_cleared_before_the_retention_go_with_the_reports_and_standing_ones_stay()
    {
        DriftReport report = DriftReport.Compare(Reference, new Draws(3).Rides(300)) with { Monitor = "rides", EvaluatedAt = Now };
        foreach ((string id, string monitor, int? cleared) in ((string, string, int?)[])[("standing", "rides", null), ("old", "rides", 31), ("young", "rides", 29), ("other", "trips", 31)])
        {
            DriftAlert alert = Alert(id, Now.AddDays(-40)) with { Monitor = monitor };
            await _store.SaveAlertAsync(alert);
            if (cleared is { } days)
                await _store.SaveAlertAsync(alert with { Change = AlertChange.Cleared, At = Now.AddDays(-days) });
        }

        await _store.SaveReportAsync(report);
        Assert.That(await _store.ListAlertsAsync("rides"), Has.Count.EqualTo(3));
        await _store.CreateObserver(TimeSpan.FromDays(30)).OnReportAsync(report with { ModelVersion = "v2" });

        Assert.That((await _store.ListAlertsAsync("rides")).Select(static a => a.Alert.Id), Is.EquivalentTo(new[] { "standing", "young" }));
        Assert.That(await _store.ListAlertsAsync("trips"), Has.Count.EqualTo(1));
        Assert.That(() => _store.CreateObserver(TimeSpan.Zero), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Reports_of_eight_connections_are_read_in_the_order_of_their_keys_and_none_is_missed()
    {
        DriftReport report = DriftReport.Compare(Reference, new Draws(3).Rides(300)) with { Monitor = "rides", EvaluatedAt = Now };
        var seen = new HashSet<long>();
        long newest = 0;
        Task writing = EightAsync(async (store, i) =>
        {
            for (int n = 0; n < 10; n++)
            {
                await store.SaveReportAsync(report with { ModelVersion = $"{i}", EvaluatedAt = Now.AddMinutes(n) });
            }
        });

        // A reader that goes forward by the key: what it passed must never appear behind it.
        while (true)
        {
            bool last = writing.IsCompleted;
            foreach (StoredReport stored in await _store.ListReportsAsync("rides"))
            {
                if (stored.Id > newest)
                {
                    seen.Add(stored.Id);
                }
            }

            newest = seen.Count == 0 ? 0 : seen.Max();
            if (last)
            {
                break;
            }
        }

        await writing;
        Assert.That(seen, Has.Count.EqualTo(80));
    }

    [Test]
    public async Task Alerts_come_newest_first_and_those_of_one_time_by_the_bytes_of_their_ids()
    {
        string[] ids = ["b", "a", "B", "é", "z", "_", "中", "😀", "\uffee", "aa"];
        foreach (string id in ids)
        {
            await _store.SaveAlertAsync(Alert(id, Now));
        }

        await _store.SaveAlertAsync(Alert("earlier", Now.AddHours(-1)));
        await _store.SaveAlertAsync(Alert("later", Now.AddHours(1)));
        await _store.SaveAlertAsync(Alert("other", Now) with { Monitor = "trips" });

        IReadOnlyList<StoredAlert> read = await _store.ListAlertsAsync("rides");
        IEnumerable<string> byBytes = ids.OrderByDescending(static id => Encoding.UTF8.GetBytes(id), Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        Assert.That(read.Select(static a => a.Alert.Id), Is.EqualTo(byBytes.Prepend("later").Append("earlier")));
        Assert.That((await _store.ListAlertsAsync("rides", take: 1)).Single().Alert.Id, Is.EqualTo("later"));
    }

    [Test]
    public async Task An_alert_is_stored_once_and_cleared_once_whoever_repeats_it()
    {
        DriftAlert raised = Alert("rides/data/1", Now) with { Features = ["Distance"], PValue = 1e-300, Effect = 0.25 };
        await EightAsync((store, i) => store.SaveAlertAsync(raised with { Reason = $"as {i} saw it" }));
        await EightAsync((store, i) => store.SaveAlertAsync(raised with { Change = AlertChange.Cleared, At = Now.AddHours(1) }));
        await _store.SaveAlertAsync(raised with { Change = AlertChange.Cleared, At = Now.AddHours(2) });

        StoredAlert stored = (await _store.ListAlertsAsync("rides")).Single();
        Assert.That((stored.Alert.PValue, stored.Alert.Effect, stored.Alert.At, stored.ClearedAt), Is.EqualTo((1e-300, 0.25, Now, Now.AddHours(1))));
        Assert.That(stored.Alert.Features, Is.EqualTo(new[] { "Distance" }));
    }

    [Test]
    public async Task A_query_of_reports_gives_what_it_names_and_pages_through_all_of_it()
    {
        DriftReport report = DriftReport.Compare(Reference, new Draws(3).Rides(300)) with { Monitor = "rides" };
        List<DriftReport> saved = [];
        for (int i = 0; i < 24; i++)
        {
            saved.Add(report with { EvaluatedAt = Now.AddHours(i / 2), ModelVersion = i % 5 == 0 ? null : $"v{i % 3}", Verdict = (DriftVerdict)(i % 3) });
            await _store.SaveReportAsync(saved[i]);
            await _store.SaveReportAsync(saved[i] with { Monitor = "trips" });
        }

        ReportQuery[] queries =
        [
            new(),
            new() { From = Now.AddHours(3) },
            new() { To = Now.AddHours(3) },
            new() { From = Now.AddHours(3), To = Now.AddHours(9) },
            new() { From = Now.AddHours(3).AddTicks(1), To = Now.AddHours(9).AddTicks(1) },
            new() { From = Now, To = Now },
            new() { From = DateTimeOffset.MinValue, To = DateTimeOffset.MaxValue },
            new() { ModelVersion = "v1" },
            new() { ModelVersion = "v9" },
            new() { Verdicts = [DriftVerdict.Drift] },
            new() { Verdicts = [DriftVerdict.Drift, DriftVerdict.NoDrift, DriftVerdict.Drift] },
            new() { From = Now.AddHours(1), To = Now.AddHours(11), ModelVersion = "v2", Verdicts = [DriftVerdict.Drift, DriftVerdict.Undecided] },
        ];
        foreach (ReportQuery query in queries)
        {
            int[] expected = [.. Enumerable.Range(0, saved.Count).Reverse().Where(i => Fits(saved[i], query))];
            foreach (int take in (int[])[1, 4, 100])
            {
                List<StoredReport> read = [];
                IReadOnlyList<StoredReport> page;
                do
                {
                    page = await _store.ListReportsAsync("rides", query with { Take = take, Before = read.LastOrDefault()?.Id });
                    read.AddRange(page);
                }
                while (page.Count > 0);

                Assert.That(read.Select(static r => (int)r.Id - 1), Is.EqualTo(expected), $"{query}, {take}");
            }
        }

        static bool Fits(DriftReport report, ReportQuery query) =>
            !(report.EvaluatedAt < query.From) && !(report.EvaluatedAt >= query.To) && (query.ModelVersion is null || query.ModelVersion == report.ModelVersion)
            && (query.Verdicts.Count == 0 || query.Verdicts.Contains(report.Verdict));
    }

    [Test]
    public async Task A_query_of_alerts_gives_what_it_names_and_pages_through_all_of_it()
    {
        List<DriftAlert> saved = [];
        for (int i = 0; i < 20; i++)
        {
            saved.Add(Alert($"{(char)('é' - (i % 4))}{i}", Now.AddHours(i / 5).AddTicks(i % 5 == 0 ? 3 : 0)) with { Kind = (AlertKind)(i % 5) });
            await _store.SaveAlertAsync(saved[i]);
            await _store.SaveAlertAsync(saved[i] with { Id = $"trips{i}", Monitor = "trips" });
            if (i % 3 == 0)
                await _store.SaveAlertAsync(saved[i] with { Change = AlertChange.Cleared, At = Now.AddDays(1) });
        }

        AlertQuery[] queries =
        [
            new(),
            new() { Kind = AlertKind.Data },
            new() { Kind = AlertKind.Error, OnlyStanding = true },
            new() { OnlyStanding = true },
            new() { From = Now.AddHours(1) },
            new() { To = Now.AddHours(3), Kind = AlertKind.Error },
            new() { From = Now.AddHours(1), To = Now.AddHours(2), OnlyStanding = true },
        ];
        foreach (AlertQuery query in queries)
        {
            string[] expected = [.. saved.Where((alert, i) => Fits(alert, i, query))
                .OrderByDescending(static a => a.At.UtcTicks / 10).ThenByDescending(static a => a.Id, StringComparer.Ordinal).Select(static a => a.Id)];
            foreach (int take in (int[])[1, 3, 100])
            {
                List<StoredAlert> read = [];
                IReadOnlyList<StoredAlert> page;
                do
                {
                    page = await _store.ListAlertsAsync("rides", query with { Take = take, Before = read.LastOrDefault() });
                    read.AddRange(page);
                }
                while (page.Count > 0);

                Assert.That(read.Select(static a => a.Alert.Id), Is.EqualTo(expected), $"{query}, {take}");
            }
        }

        static bool Fits(DriftAlert alert, int i, AlertQuery query) =>
            (query.Kind is null || query.Kind == alert.Kind) && (!query.OnlyStanding || i % 3 != 0)
            && !(alert.At < query.From) && !(alert.At >= query.To);
    }

    [Test]
    public async Task The_history_of_a_column_has_one_point_for_each_report()
    {
        List<DriftReport> saved = [];
        for (int i = 0; i < 6; i++)
        {
            DriftReport report = DriftReport.Compare(Reference, new Draws(i).Rides(300, shift: i % 2));
            saved.Add(report with { Monitor = "rides", ModelVersion = $"v{i}", EvaluatedAt = Now.AddHours(i), Features = i == 3 ? [] : report.Features });
            await _store.SaveReportAsync(saved[i]);
        }

        IReadOnlyList<FeaturePoint> points = await _store.ListFeatureHistoryAsync("rides", "Distance", new ReportQuery { Take = 4 });
        IReadOnlyList<FeaturePoint> earlier = await _store.ListFeatureHistoryAsync("rides", "Distance", new ReportQuery { Take = 4, Before = points[^1].ReportId });
        FeatureDrift?[] expected = [.. saved.AsEnumerable().Reverse().Select(static r => r.Features.FirstOrDefault(static f => f.Name == "Distance"))];
        FeaturePoint[] all = [.. points, .. earlier];

        Assert.That(all.Select(static p => (p.ReportId, p.EvaluatedAt, p.ModelVersion)), Is.EqualTo(Enumerable.Range(0, 6).Reverse().Select(i => (i + 1L, Now.AddHours(i), $"v{i}"))));
        Assert.That(all.Select(static p => p.Verdict), Is.EqualTo(expected.Select(static f => f?.Verdict)));
        Assert.That(all.Select(static p => p.Verdict), Has.Some.EqualTo(DriftVerdict.Drift).And.Some.Null);
        for (int i = 0; i < all.Length; i++)
        {
            Assert.That(all[i].Effect ?? -1, Is.EqualTo(expected[i]?.Effect ?? -1).Within(1e-11));
            Assert.That(all[i].AdjustedPValue ?? -1, Is.EqualTo(expected[i]?.AdjustedPValue ?? -1).Within(1e-11));
        }

        Assert.That((await _store.ListFeatureHistoryAsync("rides", "distance")).Select(static p => p.Verdict), Is.EqualTo(new DriftVerdict?[6]));
        Assert.That(await _store.ListFeatureHistoryAsync("rides'; DROP TABLE drift_report; --", "x"), Is.Empty);
    }

    [Test]
    public void A_query_out_of_range_is_refused()
    {
        ReportQuery[] reports = [new() { Take = 0 }, new() { Take = 1_001 }, new() { From = Now, To = Now.AddTicks(-1) }, new() { Verdicts = [(DriftVerdict)3] }];
        AlertQuery[] alerts = [new() { Take = 0 }, new() { Take = 1_001 }, new() { From = Now, To = Now.AddTicks(-1) }, new() { Kind = (AlertKind)99 }];
        foreach (ReportQuery query in reports)
        {
            Assert.That(async () => await _store.ListReportsAsync("rides", query), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(async () => await _store.ListFeatureHistoryAsync("rides", "x", query), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }

        foreach (AlertQuery query in alerts)
            Assert.That(async () => await _store.ListAlertsAsync("rides", query), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(async () => await _store.ListFeatureHistoryAsync("rides", ""), Throws.ArgumentException);
    }

    private static DriftAlert Alert(string id, DateTimeOffset at) => new()
    {
        Id = id,
        Monitor = "rides",
        ModelVersion = null,
        Kind = AlertKind.Data,
        Change = AlertChange.Raised,
        Severity = AlertSeverity.Warning,
        At = at,
        Reason = "Distance moved.",
    };

    /// <summary>Eight connections that share nothing but the database do it at once.</summary>
    private async Task EightAsync(Func<DriftStore, int, Task> action) => await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
    {
        await using Database database = Create(_folder);
        await action(new DriftStore(database), i);
    })));
}
