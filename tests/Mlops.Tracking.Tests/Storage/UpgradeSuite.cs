using Mlops.Storage;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>Databases of the first schema, and processes with its code.</summary>
public abstract class UpgradeSuite : TrackingSuite
{
    private static readonly MigrationSet First = new("tracking", [TrackingSchema.Migrations.Migrations[0]]);

    [Test]
    public async Task Runs_of_a_database_of_the_first_schema_stay_visible_and_writable()
    {
        string folder = Path.Combine(Folder, "old");
        Directory.CreateDirectory(folder);
        await using (Database old = Create(folder))
        {
            old.Require(First);
            await StartAsOldCodeAsync(old, "one");
        }

        await using Database database = Create(folder);
        using Tracker tracker = new(database, Artifacts, timeProvider: Time);
        RunRecord run = await tracker.GetRunAsync("one");
        Experiment experiment = await tracker.GetExperimentAsync("e");
        Assert.That((run.IsDeleted, run.ExperimentId, run.Experiment), Is.EqualTo((false, experiment.Id, "e")));
        Assert.That((experiment.CreatedAt, experiment.ChangedAt, experiment.IsDeleted), Is.EqualTo((DateTimeOffset.UnixEpoch.AddSeconds(1), DateTimeOffset.UnixEpoch.AddSeconds(1), false)));
        Assert.That((await tracker.ListRunsAsync("e")).Runs.Single().Id, Is.EqualTo("one"));
        Assert.That(await tracker.CountRunsAsync("e"), Is.EqualTo(1));
        for (int i = 0; i < 2; i++)
        {
            await tracker.LogAsync("one", new() { Metrics = [new Metric("m", 1)] });
        }

        Assert.That((await tracker.GetRunAsync("one")).Metrics["m"], Is.EqualTo(new MetricSummary(1, 1, 1, new MetricPoint(0, Start, 1))));
    }

    [Test]
    public async Task Points_that_older_code_has_stored_are_known_when_they_are_sent_again()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        Metric[] points = [.. Enumerable.Range(0, 10).Select(static i => new Metric("m", i, i, Start.AddSeconds(i)))];
        await Tracker.LogAsync(run.Id, new() { Metrics = points });
        await Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE tracking_tail SET latest = NULL, latest_block = NULL, latest_before = NULL"));

        await Tracker.LogAsync(run.Id, new() { Metrics = points[..5] });
        await Tracker.LogAsync(run.Id, new() { Metrics = [new Metric("n", 1, 1, Start)] });
        await Tracker.LogAsync(run.Id, new() { Metrics = points });
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["m"].Count, Is.EqualTo(10));
    }

    [Test]
    public async Task Points_that_older_code_stores_beside_newer_are_known_when_they_are_sent_again([Values] bool packs)
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        var store = new TrackingStore(Database, Durability.Process);
        long key = (await store.FindRunAsync(run.Id, CancellationToken.None))!.Key;
        await Tracker.LogAsync(run.Id, new() { Metrics = [new Metric("m", 1, 0, Start), new Metric("m", 2, 0, Start.AddSeconds(1))] });
        await Tracker.LogAsync(run.Id, new() { Metrics = [new Metric("m", 3, 0, Start.AddSeconds(2))] });
        Metric late = new("m", 4, 0, Start.AddSeconds(5));
        await AppendAsOldCodeAsync(key, late);
        if (packs)
        {
            Assert.That(await store.PackAsync(key, CancellationToken.None), Is.True);
        }

        for (int i = 0; i < 2; i++)
        {
            await Tracker.LogAsync(run.Id, new() { Metrics = [late] });
            await Tracker.LogAsync(run.Id, new() { Metrics = [new Metric("m", 3, 0, Start.AddSeconds(2)), new Metric("m", 5, 0, Start.AddSeconds(3))] });
        }

        Assert.That((await Tracker.GetMetricHistoryAsync(run.Id, "m")).Select(static point => point.Value), Is.EqualTo(new[] { 1, 2, 3, 5, 4 }));
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["m"].Count, Is.EqualTo(5));
    }

    [TestCase(2)]
    [TestCase(1_500)]
    public async Task What_older_code_has_stored_twice_is_read_once_and_counted_once_when_it_is_packed(int count)
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        var store = new TrackingStore(Database, Durability.Process);
        long key = (await store.FindRunAsync(run.Id, CancellationToken.None))!.Key;
        Metric[] points = [.. Enumerable.Range(0, count).Select(static i => new Metric("m", i, i, Start))];
        await Tracker.LogAsync(run.Id, new() { Metrics = [new Metric("m", -1, -1, Start)] });
        await AppendAsOldCodeAsync(key, points);
        await AppendAsOldCodeAsync(key, [points[^1], .. points[^2..], new Metric("m", count, count, Start)]);

        IReadOnlyList<MetricPoint> history = await ReadAsync();
        Assert.That(history.Select(static point => point.Value), Is.EqualTo(Enumerable.Range(-1, count + 2)));
        Assert.That(await store.PackAsync(key, CancellationToken.None), Is.True);
        Assert.That(await ReadAsync(), Is.EqualTo(history));
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["m"].Count, Is.EqualTo(count + 2));

        async Task<IReadOnlyList<MetricPoint>> ReadAsync()
        {
            List<MetricPoint> pages = [];
            string? next = null;
            do
            {
                MetricPage page = await Tracker.ListMetricPointsAsync(run.Id, "m", (count / 2) + 1, next);
                pages.AddRange(page.Points);
                next = page.Next;
            }
            while (next is not null);

            Assert.That(pages, Is.EqualTo(await Tracker.GetMetricHistoryAsync(run.Id, "m")));
            Assert.That((await Tracker.GetMetricEnvelopeAsync(run.Id, "m", 3)).Sum(static bucket => bucket.Count), Is.EqualTo(pages.Count));
            return pages;
        }
    }

    [Test]
    public async Task A_process_of_the_first_schema_goes_on_beside_a_newer_one()
    {
        string folder = Path.Combine(Folder, "old");
        Directory.CreateDirectory(folder);
        await using Database old = Create(folder);
        old.Require(First);
        await StartAsOldCodeAsync(old, "one");
        await using Database database = Create(folder);
        using Tracker tracker = new(database, Artifacts, timeProvider: Time);
        await tracker.SetExperimentTagAsync("e", "k", "v");

        await StartAsOldCodeAsync(old, "two");
        await using Database late = Create(folder);
        late.Require(First);
        await StartAsOldCodeAsync(late, "three");

        Assert.That((await tracker.ListRunsAsync("e")).Runs.Select(static run => run.Id), Is.EquivalentTo(new[] { "one", "two", "three" }));
    }

    /// <summary>What the code of the third schema writes for points of one metric that is known.</summary>
    private Task<int> AppendAsOldCodeAsync(long run, params Metric[] points) => Database.WriteAsync((run, points), static (session, state) =>
    {
        long metric = session.QueryFirst("SELECT metric FROM tracking_key WHERE name = @name", static row => row.GetInt64(0), ("@name", state.points[0].Key));
        Sample[] samples = [.. state.points.Select(static point => Sample.Of(point.Step, UnixMicroseconds.From(point.Time!.Value), point.Value))];
        var writer = new MetricBlock.Writer();
        writer.Add(metric, samples);
        long number = session.QueryFirst(
            """
            UPDATE tracking_tail SET next_block = next_block + 1, fresh_blocks = fresh_blocks + 1, fresh_points = fresh_points + @points WHERE run = @run
            RETURNING next_block
            """,
            static row => row.GetInt64(0), ("@points", samples.Length), ("@run", state.run));
        session.Execute(
            """
            INSERT INTO tracking_block (run, block, minimum_metric, maximum_metric, points, payload)
            VALUES (@run, @block, @metric, @metric, @points, @payload)
            """,
            ("@run", state.run), ("@block", number), ("@metric", metric), ("@points", samples.Length), ("@payload", writer.ToBlock().Payload));
        SeriesUpsert.Execute(session, state.run, [SeriesTotals.Of(metric, samples)]);
        return 0;
    });

    /// <summary>What the code of the first schema writes.</summary>
    private static Task<long> StartAsOldCodeAsync(Database database, string id) => database.WriteAsync(id, static (session, id) =>
    {
        session.Execute("INSERT INTO tracking_experiment (name, created) VALUES (@name, @created) ON CONFLICT (name) DO NOTHING", ("@name", "e"), ("@created", 1_000_000));
        long experiment = session.QueryFirst("SELECT experiment FROM tracking_experiment WHERE name = @name", static row => row.GetInt64(0), ("@name", "e"));
        long run = session.QueryFirst(
            """
            INSERT INTO tracking_run (id, experiment, parent, name, status, started, dropped, idempotency_key)
            VALUES (@id, @experiment, @parent, @name, @status, @started, 0, @key)
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING run
            """,
            static row => row.GetInt64(0),
            ("@id", id), ("@experiment", experiment), ("@parent", (long?)null), ("@name", "n"), ("@status", 1), ("@started", 1_000_000), ("@key", (string?)null));
        session.Execute(
            "INSERT INTO tracking_tail (run, next_block, fresh_blocks, fresh_points, merged_points, packings) VALUES (@run, 0, 0, 0, 0, 0)", ("@run", run));
        return run;
    });
}
