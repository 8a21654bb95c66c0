using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Deletion;

public abstract class PurgeSuite : TrackingSuite
{
    private static readonly string[] TablesOfRuns =
    [
        "tracking_run", "tracking_tail", "tracking_writer", "tracking_block", "tracking_chunk", "tracking_series", "tracking_parameter", "tracking_tag",
        "tracking_artifact", "tracking_input", "tracking_input_tag", "tracking_dataset",
    ];

    [Test]
    public async Task What_was_deleted_so_long_ago_is_gone_with_all_it_logged_and_nothing_else_is()
    {
        RunRecord kept = await LogAsync("e", "kept");
        RunRecord old = await LogAsync("e", "old");
        RunRecord young = await LogAsync("e", "young");
        RunRecord gone = await LogAsync("gone", "gone");
        await Tracker.DeleteRunAsync(old.Id);
        await Tracker.SetExperimentTagAsync("gone", "k", "v");
        await Tracker.DeleteExperimentAsync("gone");
        Time.Advance(TimeSpan.FromDays(30));
        await Tracker.DeleteRunAsync(young.Id);

        Assert.That(await Tracker.PurgeAsync(TimeSpan.FromDays(30)), Is.EqualTo(3));

        Assert.That(await Tracker.FindRunAsync(old.Id), Is.Null);
        Assert.That(await Tracker.FindRunAsync(gone.Id), Is.Null);
        Assert.That(await Tracker.FindExperimentAsync("gone"), Is.Null);
        Assert.That(await Tracker.RestoreRunAsync(young.Id), Is.True);
        await ExpectWholeAsync(kept.Id);
        await ExpectWholeAsync(young.Id);
        long[] keys = [.. await Database.QueryAsync("SELECT run FROM tracking_run", static row => row.GetInt64(0), CancellationToken.None)];
        foreach (string table in TablesOfRuns[..^1])
        {
            List<long> runs = await Database.QueryAsync($"SELECT DISTINCT run FROM {table}", static row => row.GetInt64(0), CancellationToken.None);
            Assert.That(runs, Is.SubsetOf(keys), table);
        }

        Assert.That(await CountAsync("tracking_dataset"), Is.EqualTo(3), "the one that all read, and one each");
        Assert.That(await CountAsync("mlops_artifact_reference"), Is.EqualTo(4));
        await Artifacts.CollectGarbageAsync();
        Assert.That(await Artifacts.Store.ExistsAsync(ContentHash.Of("bytes of old"u8)), Is.False);
        Assert.That(await Artifacts.Store.ExistsAsync(ContentHash.Of("bytes of kept"u8)), Is.True);
    }

    [Test]
    public async Task A_purged_name_and_key_can_be_used_again()
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { IdempotencyKey = "k" });
        await Tracker.DeleteExperimentAsync("e");
        Assert.That(await Tracker.PurgeAsync(TimeSpan.Zero), Is.EqualTo(1));

        RunRecord again = await Tracker.CreateRunAsync("e", new() { IdempotencyKey = "k" });
        Assert.That((again.Id != run.Id, again.ExperimentId > run.ExperimentId), Is.EqualTo((true, true)));
        Assert.That(async () => await Tracker.LogAsync(run.Id, new()), Throws.TypeOf<RunNotFoundException>());
        Assert.That(async () => await Tracker.RestoreRunAsync(run.Id), Throws.TypeOf<RunNotFoundException>());
    }

    [Test]
    public async Task Children_of_a_purged_run_stay_without_parent()
    {
        RunRecord parent = await Tracker.CreateRunAsync("e");
        RunRecord child = await Tracker.CreateRunAsync("other", new() { ParentId = parent.Id });
        await Tracker.DeleteRunAsync(parent.Id);
        await Tracker.PurgeAsync(TimeSpan.Zero);

        Assert.That((await Tracker.GetRunAsync(child.Id)).ParentId, Is.Null);
        Assert.That(async () => await Tracker.CreateRunAsync("e", new() { ParentId = parent.Id }), Throws.TypeOf<RunNotFoundException>());
    }

    [Test]
    public async Task A_call_removes_no_more_than_it_may_and_the_next_goes_on()
    {
        for (int i = 0; i < 7; i++)
        {
            await Tracker.CreateRunAsync("e");
        }

        await Tracker.DeleteExperimentAsync("e");

        Assert.That(await Tracker.PurgeAsync(TimeSpan.Zero, 3), Is.EqualTo(3));
        Assert.That(await Tracker.FindExperimentAsync("e"), Is.Not.Null);
        Assert.That(await Tracker.PurgeAsync(TimeSpan.Zero, 3), Is.EqualTo(3));
        Assert.That(await Tracker.PurgeAsync(TimeSpan.Zero, 3), Is.EqualTo(1));
        Assert.That(await Tracker.FindExperimentAsync("e"), Is.Null);
        Assert.That(await Tracker.PurgeAsync(TimeSpan.Zero, 3), Is.Zero);
    }

    [Test]
    public async Task A_purge_that_was_broken_off_hides_the_run_and_is_continued_by_the_next()
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { IdempotencyKey = "k" });
        RunRecord other = await Tracker.CreateRunAsync("e");
        for (int part = 0; part < 3; part++)
        {
            await Tracker.LogAsync(run.Id, new() { Tags = Enumerable.Range(part * 600, 600).ToDictionary(static i => $"t{i}", static _ => "v") });
        }

        await Tracker.DeleteRunAsync(run.Id);
        var store = new TrackingStore(Database, Durability.Process);
        long key = (await store.FindRunAsync(run.Id, CancellationToken.None))!.Key;

        // The steps of a process that ends after the first slice.
        Assert.That(await store.MarkRunsAsync(UnixMicroseconds.From(Start), 10, CancellationToken.None), Is.EqualTo(1));
        Assert.That(await store.RemoveSliceAsync(key, CancellationToken.None), Is.False);

        Assert.That(await CountAsync("tracking_tag"), Is.InRange(1, 1_799), "some are gone and some are left");
        Assert.That(await Tracker.FindRunAsync(run.Id), Is.Null);
        Assert.That(async () => await Tracker.RestoreRunAsync(run.Id), Throws.TypeOf<RunNotFoundException>());
        Assert.That(async () => await Tracker.DeleteRunAsync(run.Id), Throws.TypeOf<RunNotFoundException>());
        Assert.That(async () => await Tracker.LogAsync(run.Id, new()), Throws.TypeOf<RunNotFoundException>());
        Assert.That((await Tracker.ListRunsAsync("e", new() { Lifecycle = Lifecycle.Any })).Runs.Single().Id, Is.EqualTo(other.Id));
        Assert.That(await Tracker.CountRunsAsync("e", lifecycle: Lifecycle.Deleted), Is.Zero);
        Assert.That((await Tracker.CreateRunAsync("e", new() { IdempotencyKey = "k" })).Id, Is.Not.EqualTo(run.Id));
        Assert.That(await Tracker.PurgeAsync(TimeSpan.FromDays(1)), Is.EqualTo(1), "however young, it was begun");
        Assert.That(await CountAsync("tracking_tag"), Is.Zero);
        Assert.That(await CountAsync("tracking_run"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_run_of_many_rows_is_removed_in_several_transactions()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        for (int i = 0; i < 30; i++)
        {
            await Tracker.LogAsync(run.Id, new() { Metrics = [.. Enumerable.Range(0, 200).Select(n => new Metric($"m{n}", n, i))] });
        }

        for (int i = 0; i < 1_100; i++)
        {
            await Tracker.CreateRunAsync("children", new() { ParentId = run.Id });
        }

        await Tracker.DeleteRunAsync(run.Id);
        var store = new TrackingStore(Database, Durability.Process);
        long key = (await store.FindRunAsync(run.Id, CancellationToken.None))!.Key;
        await store.MarkRunsAsync(UnixMicroseconds.From(Start), 10, CancellationToken.None);
        int slices = 1;
        while (!await store.RemoveSliceAsync(key, CancellationToken.None))
        {
            slices++;
        }

        Assert.That(slices, Is.AtLeast(2));
        Assert.That(await Tracker.CountRunsAsync("children"), Is.EqualTo(1_100));
        Assert.That(await Tracker.CountRunsAsync("children", "parent_run_id != ''"), Is.Zero);
        foreach (string table in TablesOfRuns[2..])
        {
            Assert.That(await CountAsync(table), Is.Zero, table);
        }
    }

    private async Task<RunRecord> LogAsync(string experiment, string name)
    {
        RunRecord run = await Tracker.CreateRunAsync(experiment, new() { Name = name });
        await Tracker.LogAsync(run.Id, new()
        {
            Metrics = [.. Enumerable.Range(0, 5_000).Select(i => new Metric(i < 4_000 ? "long" : $"m{i % 10}", i, i))],
            Parameters = new Dictionary<string, string> { ["p"] = name },
            Tags = new Dictionary<string, string> { ["t"] = name },
            Datasets = [new DatasetInput("shared", "1") { Tags = new Dictionary<string, string> { ["k"] = name } }, new DatasetInput(name, "1")],
        });
        await using (Run handle = await Tracker.StartRunAsync(experiment, new() { IdempotencyKey = name, Name = "handle" }))
        {
            await handle.LogMetricsAsync([new Metric("long", 1)]);
            handle.Complete();
        }

        await Tracker.LogArtifactAsync(run.Id, "own", new MemoryStream(Encoding.UTF8.GetBytes($"bytes of {name}")));
        await Tracker.LogArtifactAsync(run.Id, "shared", new MemoryStream("bytes of all"u8.ToArray()));
        var store = new TrackingStore(Database, Durability.Process);
        await Tracker.LogAsync(run.Id, new() { Metrics = [new Metric("long", 1, 5_000)] });
        await store.PackAsync((await store.FindRunAsync(run.Id, CancellationToken.None))!.Key, CancellationToken.None);
        return run;
    }

    private async Task ExpectWholeAsync(string id)
    {
        RunRecord run = await Tracker.GetRunAsync(id);
        Assert.That((run.Metrics.Count, run.Parameters["p"], run.Tags["t"]), Is.EqualTo((11, run.Name, run.Name)));
        Assert.That(await Tracker.GetMetricHistoryAsync(id, "long"), Has.Count.EqualTo(4_001));
        Assert.That((await Tracker.ListDatasetsAsync(id)).Select(static dataset => dataset.Name), Is.EquivalentTo(new[] { "shared", run.Name }));
        Assert.That((await Tracker.ListArtifactsAsync(id)).Select(static artifact => artifact.Name), Is.EqualTo(new[] { "own", "shared" }));
    }

    private async Task<long> CountAsync(string table)
    {
        List<long> counts = await Database.QueryAsync($"SELECT COUNT(*) FROM {table}", static row => row.GetInt64(0), CancellationToken.None);
        return counts[0];
    }
}
