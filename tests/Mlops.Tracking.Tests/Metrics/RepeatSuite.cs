using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Storage;
using Mlops.Tracking.Tests.Exports;

namespace Mlops.Tracking.Tests.Metrics;

/// <summary>A point is its key, step, time and bits: sent again it is the same one, and all who read agree about it.</summary>
public abstract class RepeatSuite : TrackingSuite
{
    [TestCase(3, false)]
    [TestCase(700, false)]
    [TestCase(700, true)]
    [TestCase(9_000, true)]
    public async Task A_batch_that_is_sent_again_changes_nothing_for_anybody_who_reads(int points, bool packed)
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        Metric[] all = [.. Enumerable.Range(0, points).SelectMany(static i => new[] { Point("a", i), Point("b", i / 2) }).Distinct()];
        await LogAsync(run, all, 1_000);
        if (packed)
        {
            await PackAsync(run);
        }

        string before = await ReadAllAsync(run);
        await LogAsync(run, all, 1_000);
        Assert.That(await ReadAllAsync(run), Is.EqualTo(before));

        // Cut anew and in another order, as a journal does that is replayed.
        await LogAsync(run, [.. all.Reverse()], 777);
        await using (Run handle = await Tracker.StartRunAsync("other"))
        {
            await handle.LogMetricsAsync(all);
            await handle.LogMetricsAsync(all);
            Assert.That((await Tracker.GetRunAsync(handle.Id)).Metrics["a"].Count, Is.EqualTo(points));
        }

        Assert.That(await ReadAllAsync(run), Is.EqualTo(before));
        await PackAsync(run);
        Assert.That(await ReadAllAsync(run), Is.EqualTo(before));
    }

    [Test]
    public async Task Of_a_batch_that_repeats_some_points_the_others_are_stored()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        await LogAsync(run, [Point("a", 1), Point("a", 3), Point("b", 1)], 10);
        await LogAsync(run, [Point("c", 1), Point("a", 2), Point("a", 3), Point("b", 1), Point("a", 4)], 10);

        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That(record.Metrics.OrderBy(static pair => pair.Key).Select(static pair => (pair.Key, pair.Value.Count)), Is.EqualTo(new[] { ("a", 4L), ("b", 1L), ("c", 1L) }));
        Assert.That((await Tracker.GetMetricHistoryAsync(run.Id, "a")).Select(static point => point.Step), Is.EqualTo(new[] { 1, 2, 3, 4 }));
        Assert.That(await Tracker.GetMetricHistoryAsync(run.Id, "b"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Equal_points_of_one_batch_are_one()
    {
        Metric[] twice = [Point("a", 2), Point("a", 1), Point("a", 2), new("nan", double.NaN), new("nan", double.NaN)];
        RunRecord run = await Tracker.CreateRunAsync("e");
        await Tracker.LogAsync(run.Id, new() { Metrics = twice });
        await using Run handle = await Tracker.StartRunAsync("e");
        await handle.LogMetricsAsync(twice);
        handle.LogMetric("quick", 1);
        handle.LogMetric("quick", 1);
        await handle.FlushAsync();

        foreach (string id in (string[])[run.Id, handle.Id])
        {
            Assert.That((await Tracker.GetMetricHistoryAsync(id, "a")).Select(static point => point.Step), Is.EqualTo(new[] { 1, 2 }));
            Assert.That((await Tracker.GetRunAsync(id)).Metrics["a"].Count, Is.EqualTo(2));
            Assert.That((await Tracker.GetRunAsync(id)).Metrics["nan"].Count, Is.EqualTo(1));
        }

        Assert.That((await Tracker.GetRunAsync(handle.Id)).Metrics["quick"].Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Points_that_differ_in_anything_are_kept_apart()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        RunRecord other = await Tracker.CreateRunAsync("e");
        Metric[] points =
        [
            new("a", 0.0, 5, Start), new("a", -0.0, 5, Start), new("a", double.NaN, 5, Start), new("a", BitConverter.Int64BitsToDouble(0x7FF8_0000_DEAD_BEEF), 5, Start),
            new("a", 0.0, 4, Start), new("a", 0.0, 5, Start.AddMicroseconds(1)), new("b", 0.0, 5, Start),
        ];
        foreach (Metric point in points.Concat(points))
        {
            await Tracker.LogAsync(run.Id, new() { Metrics = [point] });
        }

        await Tracker.LogAsync(other.Id, new() { Metrics = [points[0]] });
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["a"].Count, Is.EqualTo(6));
        Assert.That((await Tracker.GetMetricHistoryAsync(run.Id, "a")).Select(static point => BitConverter.DoubleToInt64Bits(point.Value)).Distinct().Count(), Is.EqualTo(4));
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["b"].Count, Is.EqualTo(1));
        Assert.That((await Tracker.GetRunAsync(other.Id)).Metrics["a"].Count, Is.EqualTo(1));
    }

    /// <summary>Few different points, sent in any batches, through handles and without, between packings: what is stored is their set.</summary>
    [TestCase(1, 40, 30, 2)]
    [TestCase(2, 4, 200, 3)]
    [TestCase(3, 3_000, 400, 1)]
    [TestCase(4, 3_000, 900, 4)]
    public async Task What_is_stored_is_the_set_of_what_was_logged(int seed, int steps, int pointsPerBatch, int times)
    {
        var random = new Random(seed);
        await using Run run = await Tracker.StartRunAsync("e");
        Dictionary<string, HashSet<MetricPoint>> expected = [];
        RunRecord record = await Tracker.GetRunAsync(run.Id);
        for (int batch = 0; batch < 40; batch++)
        {
            Metric[] points = [.. Enumerable.Range(0, pointsPerBatch).Select(_ => new Metric(
                $"m{random.Next(3)}", random.Next(4) == 0 ? double.NaN : random.Next(2), random.Next(steps), Start.AddSeconds(random.Next(times) + (batch / 10))))];
            foreach (Metric point in points)
            {
                expected.TryAdd(point.Key, []);
                expected[point.Key].Add(new MetricPoint(point.Step, point.Time!.Value, point.Value));
            }

            await (random.Next(2) == 0 ? run.LogMetricsAsync(points) : Tracker.LogAsync(run.Id, new() { Metrics = points }));
            if (random.Next(6) == 0)
            {
                await PackAsync(record);
            }
        }

        record = await Tracker.GetRunAsync(run.Id);
        Assert.That(record.Metrics, Has.Count.EqualTo(expected.Count));
        foreach ((string key, HashSet<MetricPoint> points) in expected)
        {
            IReadOnlyList<MetricPoint> history = await Tracker.GetMetricHistoryAsync(run.Id, key);
            Assert.That((history.Count, points.SetEquals(history)), Is.EqualTo((points.Count, true)), key);
            Assert.That(record.Metrics[key].Count, Is.EqualTo(points.Count), key);
            Assert.That(record.Metrics[key].Last, Is.EqualTo(history[^1]), key);
            Assert.That((await Tracker.GetMetricEnvelopeAsync(run.Id, key, 7)).Sum(static bucket => bucket.Count), Is.EqualTo(points.Count), key);
        }
    }

    [Test]
    public async Task Of_batches_that_arrive_eight_times_at_once_each_is_stored_once()
    {
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        try
        {
            RunRecord run = await Tracker.CreateRunAsync("e");
            Metric[][] batches = [.. Enumerable.Range(0, 2_000).Select(static i => Point("a", i)).Chunk(100)];
            await Task.WhenAll(databases.Select(database => Task.Run(async () =>
            {
                ITrackingStore store = new TrackingStore(database, Durability.Process);
                foreach (Metric[] batch in batches)
                {
                    await store.LogAsync(run.Id, new RunLog { Metrics = batch }, CancellationToken.None);
                }
            })));

            Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["a"].Count, Is.EqualTo(2_000));
            Assert.That((await Tracker.GetMetricHistoryAsync(run.Id, "a")).Select(static point => point.Step), Is.EqualTo(Enumerable.Range(0, 2_000)));
        }
        finally
        {
            foreach (Database database in databases)
            {
                await database.DisposeAsync();
            }
        }
    }

    [Test]
    public async Task Points_that_are_later_than_all_or_behind_the_last_of_their_series_are_not_looked_for()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        await LogAsync(run, [new("a", 1, 100, Start), new("b", 1, 500, Start)], 10);
        await Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE tracking_block SET payload = @none, earliest = NULL, latest = NULL", ("@none", new byte[] { 0 })));

        await LogAsync(run, [new("a", 1, 7, Start.AddMicroseconds(1))], 10);
        await LogAsync(run, [new("a", 1, 101, Start.AddDays(-1)), new("new", 1, 1, Start)], 10);
        Assert.That(async () => await LogAsync(run, [new("a", 1, 99, Start)], 10), Throws.InstanceOf<StorageException>(), "this one has to be, and what it is looked for in is spoilt");
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["a"].Count, Is.EqualTo(3));
    }

    [Test]
    public async Task At_a_constant_step_points_are_looked_for_among_those_of_their_time_alone([Values] bool packed)
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        Metric[] points = [.. Enumerable.Range(0, packed ? 20_000 : 400).Select(static i => new Metric("a", i % 5, 0, Start.AddMicroseconds(i)))];
        int part = points.Length / 20;
        await LogAsync(run, points, part);
        if (packed)
        {
            await PackAsync(run);
        }

        Metric[] again = points[(8 * part)..((8 * part) + 10)];
        int spoilt = await Database.WriteAsync((packed, Early: Microseconds(again[0]), Late: Microseconds(again[^1])), static (session, state) => session.Execute(
            state.packed
                ? "UPDATE tracking_chunk SET payload = @none WHERE last_time < @early OR first_time > @late"
                : "UPDATE tracking_block SET payload = @none WHERE latest < @early OR earliest > @late",
            ("@none", new byte[] { 0 }), ("@early", state.Early), ("@late", state.Late)));
        Assert.That(spoilt, Is.GreaterThan(5));

        await LogAsync(run, again, 3);
        await LogAsync(run, [again[4] with { Value = 9 }], 1);
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["a"].Count, Is.EqualTo(points.Length + 1));
    }

    [Test]
    public async Task Chunks_and_blocks_without_times_are_looked_at_whenever_their_steps_say_so([Values] bool packed)
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        Metric[] points = [.. Enumerable.Range(0, 5_000).Select(static i => new Metric("a", i % 5, i / 2_500, Start.AddMicroseconds(i)))];
        await LogAsync(run, points, 500);
        if (packed)
        {
            await PackAsync(run);
        }

        await Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE tracking_chunk SET first_time = NULL, last_time = NULL"));
        await Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE tracking_block SET earliest = NULL, latest = NULL"));
        await LogAsync(run, points, 700);
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["a"].Count, Is.EqualTo(points.Length));
    }

    [Test]
    public async Task After_a_packing_it_is_still_known_how_late_the_points_are()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        await LogAsync(run, [new("a", 1, 100, Start), new("a", 1, 200, Start.AddSeconds(1))], 1);
        await PackAsync(run);
        int spoilt = await Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE tracking_block SET payload = @none, earliest = NULL, latest = NULL", ("@none", new byte[] { 0 })));
        Assert.That(spoilt, Is.EqualTo(1));

        await LogAsync(run, [new("a", 1, 7, Start.AddSeconds(2))], 1);
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["a"].Count, Is.EqualTo(3));
    }

    [Test]
    public async Task A_journal_goes_on_behind_a_run_whose_stored_metrics_are_damaged()
    {
        RunRecord damaged = await Tracker.CreateRunAsync("e"), other = await Tracker.CreateRunAsync("e");
        await LogAsync(damaged, [new("a", 1, 100, Start)], 1);
        await Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE tracking_block SET payload = @none, earliest = NULL, latest = NULL", ("@none", new byte[] { 0 })));
        var options = new TrackingOptions { JournalFolder = Path.Combine(Folder, "journal") };
        using var telemetry = new TrackingTelemetry(null, static () => 0, static () => 0);
        using var journal = new BatchJournal(new TrackingStore(Database, Durability.Process), options, telemetry, NullLogger.Instance);
        foreach (RunRecord run in (RunRecord[])[damaged, other])
        {
            var batch = new RunAppend
            {
                RunId = run.Id,
                Owner = "",
                Writer = 1,
                Sequence = 1,
                Names = ["a"],
                Points = [new PendingPoint(0, Sample.Of(99, UnixMicroseconds.From(Start), 1))],
            };
            Assert.That(journal.TryAppend(batch.ToBytes(), toFollow: false, journal.Generation), Is.True);
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (journal.IsActive)
        {
            await Task.Delay(5, limit.Token);
        }

        Assert.That((await Tracker.GetRunAsync(other.Id)).Metrics["a"].Count, Is.EqualTo(1));
        Assert.That((await Tracker.GetRunAsync(damaged.Id)).DroppedItems, Is.EqualTo(1));
        Assert.That(Directory.GetFiles(Path.Combine(options.JournalFolder, "refused")), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_batch_of_known_points_alone_leaves_no_row_and_its_tags_count()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        for (int i = 0; i < 5; i++)
        {
            await Tracker.LogAsync(run.Id, new() { Metrics = [Point("a", 1)], Tags = new Dictionary<string, string> { ["t"] = $"{i}" } });
        }

        List<(long Blocks, long Fresh, long Points)> rows = await Database.QueryAsync(
            "SELECT (SELECT count(*) FROM tracking_block), fresh_blocks, fresh_points FROM tracking_tail",
            static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), CancellationToken.None);
        Assert.That(rows, Is.EqualTo(new[] { (1L, 1L, 1L) }));
        Assert.That((await Tracker.GetRunAsync(run.Id)).Tags["t"], Is.EqualTo("4"));
    }

    private static long Microseconds(Metric metric) => UnixMicroseconds.From(metric.Time!.Value);

    private static Metric Point(string key, int step) => new(key, step % 7 == 0 ? double.NaN : Math.Sin(step), step, Start.AddMilliseconds(step / 3));

    private async Task LogAsync(RunRecord run, Metric[] points, int batch)
    {
        foreach (Metric[] part in points.Chunk(batch))
        {
            await Tracker.LogAsync(run.Id, new() { Metrics = part });
        }

        await Tracker.FlushAsync();
    }

    private async Task PackAsync(RunRecord run)
    {
        var store = new TrackingStore(Database, Durability.Process);
        await store.PackAsync((await store.FindRunAsync(run.Id, CancellationToken.None))!.Key, CancellationToken.None);
    }

    /// <summary>Everything that is told of a run's metrics, as text; what is to agree within it is compared.</summary>
    private async Task<string> ReadAllAsync(RunRecord run)
    {
        var text = new StringBuilder();
        using var csv = new MemoryStream();
        long lines = await Tracker.ExportMetricsAsync(csv, [run.Id]);
        List<TensorBoardEvent> events = TensorBoardEvent.Read(await File.ReadAllBytesAsync(await Tracker.ExportTensorBoardAsync(run.Id, Path.Combine(Folder, "logs"))));
        long all = 0;
        foreach ((string key, MetricSummary summary) in (await Tracker.GetRunAsync(run.Id)).Metrics.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            IReadOnlyList<MetricPoint> history = await Tracker.GetMetricHistoryAsync(run.Id, key);
            IReadOnlyList<MetricBucket> envelope = await Tracker.GetMetricEnvelopeAsync(run.Id, key, 50);
            MetricPage page = await Tracker.ListMetricPointsAsync(run.Id, key, 20_000);
            Assert.That(history.Distinct().Count(), Is.EqualTo(history.Count));
            Assert.That(page.Points, Is.EqualTo(history));
            Assert.That((summary.Count, envelope.Sum(static bucket => bucket.Count), (long)events.Count(one => one.Tag == key)), Is.EqualTo(((long)history.Count, (long)history.Count, (long)history.Count)), key);
            Assert.That(await Tracker.CountRunsAsync("e", $"count(metrics.{key}) = {history.Count}"), Is.EqualTo(1), key);
            text.AppendLine($"{key} {summary}").AppendJoin('\n', history).AppendJoin('\n', envelope);
            all += history.Count;
        }

        Assert.That(lines, Is.EqualTo(all));
        return text.Append(Encoding.UTF8.GetString(csv.ToArray())).ToString();
    }
}
