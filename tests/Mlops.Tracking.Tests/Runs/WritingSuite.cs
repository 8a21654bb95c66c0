using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

/// <summary>Writes by a run's id, without a handle.</summary>
public abstract class WritingSuite : TrackingSuite
{
    [Test]
    public async Task A_created_run_is_running_with_what_it_was_given()
    {
        RunRecord parent = await Tracker.CreateRunAsync("e");
        RunRecord run = await Tracker.CreateRunAsync("e", new()
        {
            Name = "first",
            ParentId = parent.Id,
            Tags = new Dictionary<string, string> { [RunTags.User] = "ada" },
            StartTime = Start.AddDays(-1),
        });

        Assert.That(
            (run.Name, run.ParentId, run.Status, run.StartTime, run.EndTime, run.Tags[RunTags.User], run.IsDeleted),
            Is.EqualTo(("first", parent.Id, RunStatus.Running, Start.AddDays(-1), (DateTimeOffset?)null, "ada", false)));
        Assert.That((await Tracker.GetRunAsync(run.Id)).Name, Is.EqualTo("first"));
    }

    [Test]
    public async Task Creating_again_with_the_same_key_returns_the_first_run()
    {
        RunRecord first = await Tracker.CreateRunAsync("e", new() { IdempotencyKey = "k", Tags = new Dictionary<string, string> { ["a"] = "1" } });
        RunRecord again = await Tracker.CreateRunAsync("e", new() { IdempotencyKey = "k", Name = "other" });

        Assert.That((again.Id, again.Name, again.Tags["a"]), Is.EqualTo((first.Id, first.Name, "1")));
        Assert.That(async () => await Tracker.CreateRunAsync("other", new() { IdempotencyKey = "k" }), Throws.TypeOf<IdempotencyConflictException>());
    }

    [Test]
    public async Task A_log_is_what_the_same_calls_of_a_handle_are()
    {
        Metric[] metrics = [.. Enumerable.Range(0, 300).Select(i => new Metric(i % 3 == 0 ? "loss" : $"m/{i % 7}", i % 5 == 0 ? double.NaN : i * 0.5, i / 2, Start.AddSeconds(i % 11)))];
        RunRecord created = await Tracker.CreateRunAsync("e");
        await Tracker.LogAsync(created.Id, new()
        {
            Metrics = metrics,
            Parameters = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
            Tags = new Dictionary<string, string> { ["stage"] = "trial", [RunTags.Note] = "text" },
        });
        Run handle = await Tracker.StartRunAsync("e");
        await handle.LogMetricsAsync(metrics);
        handle.LogParameter("a", "1");
        handle.LogParameter("b", "2");
        handle.SetTag("stage", "trial");
        handle.SetNote("text");
        await handle.FlushAsync();

        RunRecord logged = await Tracker.GetRunAsync(created.Id);
        RunRecord same = await Tracker.GetRunAsync(handle.Id);
        Assert.That(logged.Metrics, Is.EqualTo(same.Metrics));
        Assert.That(logged.Parameters, Is.EqualTo(same.Parameters));
        Assert.That(logged.Tags, Is.EqualTo(same.Tags));
        Assert.That(logged.Note, Is.EqualTo("text"));
        foreach (string key in logged.Metrics.Keys)
        {
            Assert.That(await Tracker.GetMetricHistoryAsync(created.Id, key), Is.EqualTo(await Tracker.GetMetricHistoryAsync(handle.Id, key)), key);
        }
    }

    [Test]
    public async Task Parameters_that_conflict_refuse_the_whole_log_and_are_all_named()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        await Tracker.LogAsync(run.Id, new() { Parameters = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2", ["c"] = "3" } });

        ParameterConflictException? conflict = await Assert.ThrowsAsync<ParameterConflictException>(() => Tracker.LogAsync(run.Id, new()
        {
            Metrics = [new Metric("m", 1)],
            Parameters = new Dictionary<string, string> { ["c"] = "9", ["new"] = "x", ["b"] = "2", ["a"] = "8" },
            Tags = new Dictionary<string, string> { ["t"] = "v" },
            Datasets = [new DatasetInput("d", "1")],
        }));

        Assert.That(conflict!.Conflicts, Is.EqualTo(new[] { new ParameterConflict("a", "1", "8"), new ParameterConflict("c", "3", "9") }));
        Assert.That((conflict.RunId, conflict.Key, conflict.Stored, conflict.Refused), Is.EqualTo((run.Id, "a", "1", "8")));
        RunRecord after = await Tracker.GetRunAsync(run.Id);
        Assert.That((after.Parameters.Count, after.Tags.Count, after.Metrics.Count), Is.EqualTo((3, 0, 0)));
        Assert.That(await Tracker.ListDatasetsAsync(run.Id), Is.Empty);
        Assert.That(await Tracker.GetMetricHistoryAsync(run.Id, "m"), Is.Empty);
    }

    [Test]
    public async Task The_same_value_of_a_parameter_again_is_no_conflict()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        var log = new RunLog { Parameters = new Dictionary<string, string> { ["a"] = "" } };
        await Tracker.LogAsync(run.Id, log);
        await Tracker.LogAsync(run.Id, log);

        Assert.That((await Tracker.GetRunAsync(run.Id)).Parameters["a"], Is.Empty);
    }

    [Test]
    public async Task A_run_that_has_ended_takes_logs_and_files()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        await Tracker.UpdateRunAsync(run.Id, new() { Status = RunStatus.Finished });
        await Tracker.LogAsync(run.Id, new() { Metrics = [new Metric("m", 1)], Tags = new Dictionary<string, string> { ["t"] = "v" } });
        await Tracker.LogArtifactAsync(run.Id, "late.txt", Content("late"));

        RunRecord after = await Tracker.GetRunAsync(run.Id);
        Assert.That((after.Status, after.Metrics["m"].Value, after.Tags["t"]), Is.EqualTo((RunStatus.Finished, 1.0, "v")));
    }

    [Test]
    public async Task An_update_changes_what_it_names_and_nothing_else()
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { Name = "one" });
        Time.Advance(TimeSpan.FromMinutes(1));

        RunRecord renamed = await Tracker.UpdateRunAsync(run.Id, new() { Name = "two" });
        Assert.That((renamed.Name, renamed.Status, renamed.EndTime), Is.EqualTo(("two", RunStatus.Running, (DateTimeOffset?)null)));
        RunRecord ended = await Tracker.UpdateRunAsync(run.Id, new() { Status = RunStatus.Failed });
        Assert.That((ended.Name, ended.Status, ended.EndTime), Is.EqualTo(("two", RunStatus.Failed, (DateTimeOffset?)Start.AddMinutes(1))));
        Time.Advance(TimeSpan.FromMinutes(1));
        RunRecord again = await Tracker.UpdateRunAsync(run.Id, new() { Status = RunStatus.Finished });
        Assert.That((again.Status, again.EndTime), Is.EqualTo((RunStatus.Finished, (DateTimeOffset?)Start.AddMinutes(1))), "the end that there is stays");
        RunRecord corrected = await Tracker.UpdateRunAsync(run.Id, new() { EndTime = Start });
        Assert.That((corrected.Status, corrected.EndTime), Is.EqualTo((RunStatus.Finished, (DateTimeOffset?)Start)));
        RunRecord open = await Tracker.UpdateRunAsync(run.Id, new() { Status = RunStatus.Running });
        Assert.That((open.Status, open.EndTime), Is.EqualTo((RunStatus.Running, (DateTimeOffset?)null)));
    }

    [Test]
    public async Task The_name_and_its_tag_follow_each_other()
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { Tags = new Dictionary<string, string> { [RunTags.Name] = "one" } });
        Assert.That(run.Name, Is.EqualTo("one"));

        await Tracker.UpdateRunAsync(run.Id, new() { Name = "two" });
        Assert.That((await Tracker.GetRunAsync(run.Id)).Tags[RunTags.Name], Is.EqualTo("two"));
        await Tracker.LogAsync(run.Id, new() { Tags = new Dictionary<string, string> { [RunTags.Name] = "three" } });
        Assert.That((await Tracker.GetRunAsync(run.Id)).Name, Is.EqualTo("three"));
        await using Run handle = await Tracker.StartRunAsync("e", new() { Name = "h" });
        handle.SetTag(RunTags.Name, "four");
        await handle.FlushAsync();
        Assert.That((await Tracker.GetRunAsync(handle.Id)).Name, Is.EqualTo("four"));
        Assert.That((await Tracker.UpdateRunAsync(handle.Id, new() { Name = "five" })).Tags[RunTags.Name], Is.EqualTo("five"));
        Assert.That(() => Tracker.CreateRunAsync("e", new() { Name = "a", Tags = new Dictionary<string, string> { [RunTags.Name] = "b" } }), Throws.ArgumentException);
        Assert.That(() => handle.SetTag(RunTags.Name, " "), Throws.ArgumentException);
    }

    [Test]
    public async Task A_tag_is_removed_once()
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { Tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } });

        Assert.That(await Tracker.RemoveTagAsync(run.Id, "a"), Is.True);
        Assert.That(await Tracker.RemoveTagAsync(run.Id, "a"), Is.False);
        Assert.That((await Tracker.GetRunAsync(run.Id)).Tags.Keys, Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task A_removed_artifact_gives_its_bytes_up()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        RunArtifact logged = await Tracker.LogArtifactAsync(run.Id, "a/b.txt", Content("bytes"));
        Assert.That(await Tracker.ListArtifactsAsync(run.Id), Is.EqualTo(new[] { logged }));

        Assert.That(await Tracker.RemoveArtifactAsync(run.Id, "a/b.txt"), Is.True);
        Assert.That(await Tracker.RemoveArtifactAsync(run.Id, "a/b.txt"), Is.False);
        await Artifacts.CollectGarbageAsync();
        Assert.That(await Artifacts.Store.ExistsAsync(logged.Hash), Is.False);
        Assert.That(await Tracker.ListArtifactsAsync(run.Id), Is.Empty);
    }

    [Test]
    public void A_run_that_does_not_exist_takes_nothing()
    {
        foreach ((string name, Func<Task> call) in Writes(Tracker, "0123"))
        {
            Assert.That(async () => await call(), Throws.TypeOf<RunNotFoundException>().With.Property("RunId").EqualTo("0123"), name);
        }
    }

    [Test]
    public void What_is_no_key_or_too_long_is_refused_at_once()
    {
        Assert.That(() => Tracker.LogAsync("r", new() { Metrics = [new Metric("a", 1), new Metric("../b", 1)] }), Throws.ArgumentException);
        Assert.That(() => Tracker.LogAsync("r", new() { Parameters = new Dictionary<string, string> { ["p"] = new('v', 6_001) } }), Throws.ArgumentException);
        Assert.That(() => Tracker.LogAsync("r", new() { Parameters = new Dictionary<string, string> { ["p"] = "a\0" } }), Throws.ArgumentException);
        Assert.That(() => Tracker.LogAsync("r", new() { Tags = new Dictionary<string, string> { ["t"] = new('v', 8_001) } }), Throws.ArgumentException);
        Assert.That(() => Tracker.LogAsync("", new()), Throws.ArgumentException);
        Assert.That(() => Tracker.LogAsync("r", null!), Throws.ArgumentNullException);
        Assert.That(() => Tracker.UpdateRunAsync("r", new() { Status = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Tracker.UpdateRunAsync("r", new() { Name = "" }), Throws.ArgumentException);
        Assert.That(() => Tracker.RemoveTagAsync("r", ""), Throws.ArgumentException);
        Assert.That(() => Tracker.LogArtifactAsync("r", "../a", Content("")), Throws.ArgumentException);
        Assert.That(() => Tracker.RemoveArtifactAsync("r", "/a"), Throws.ArgumentException);
    }

    [Test]
    public async Task Many_small_logs_are_packed_and_lose_nothing()
    {
        const int Logs = 400;
        RunRecord run = await Tracker.CreateRunAsync("e");
        for (int i = 0; i < Logs; i++)
        {
            await Tracker.LogAsync(run.Id, new() { Metrics = [.. Enumerable.Range(0, 50).Select(n => new Metric("m", n, (i * 50) + n))] });
        }

        await Tracker.UpdateRunAsync(run.Id, new() { Status = RunStatus.Finished });
        await Tracker.FlushAsync();

        List<long> rows = await Database.QueryAsync("SELECT COUNT(*) FROM tracking_block", static row => row.GetInt64(0), CancellationToken.None);
        IReadOnlyList<MetricPoint> history = await Tracker.GetMetricHistoryAsync(run.Id, "m");
        Assert.That(rows[0], Is.LessThan(Logs / 2));
        Assert.That(history.Select(static point => (int)point.Step), Is.EqualTo(Enumerable.Range(0, Logs * 50)));
    }

    /// <summary>Everything that writes to a run by its id.</summary>
    internal static (string Name, Func<Task> Call)[] Writes(Tracker tracker, string id) =>
    [
        ("metrics", () => tracker.LogAsync(id, new() { Metrics = [new Metric("written", 1)] })),
        ("parameters", () => tracker.LogAsync(id, new() { Parameters = new Dictionary<string, string> { ["written"] = "v" } })),
        ("tags", () => tracker.LogAsync(id, new() { Tags = new Dictionary<string, string> { ["written"] = "v" } })),
        ("datasets", () => tracker.LogAsync(id, new() { Datasets = [new DatasetInput("written", "1")] })),
        ("nothing", () => tracker.LogAsync(id, new())),
        ("update", () => tracker.UpdateRunAsync(id, new() { Name = "written" })),
        ("remove tag", () => tracker.RemoveTagAsync(id, "written")),
        ("artifact", () => tracker.LogArtifactAsync(id, "written", Content("v"))),
        ("remove artifact", () => tracker.RemoveArtifactAsync(id, "written")),
    ];

    private static MemoryStream Content(string text) => new(Encoding.UTF8.GetBytes(text));
}
