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
        await Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE tracking_tail SET latest = NULL, latest_before = NULL"));

        await Tracker.LogAsync(run.Id, new() { Metrics = points[..5] });
        await Tracker.LogAsync(run.Id, new() { Metrics = [new Metric("n", 1, 1, Start)] });
        await Tracker.LogAsync(run.Id, new() { Metrics = points });
        Assert.That((await Tracker.GetRunAsync(run.Id)).Metrics["m"].Count, Is.EqualTo(10));
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
