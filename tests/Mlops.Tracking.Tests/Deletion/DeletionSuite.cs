using System.Text;
using Mlops.Tracking.Tests.Runs;

namespace Mlops.Tracking.Tests.Deletion;

public abstract class DeletionSuite : TrackingSuite
{
    [Test]
    public async Task A_deleted_run_is_found_by_its_id_and_listed_only_where_it_is_asked_for()
    {
        RunRecord kept = await Tracker.CreateRunAsync("e");
        RunRecord deleted = await Tracker.CreateRunAsync("e");
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(await Tracker.DeleteRunAsync(deleted.Id), Is.True);
        Assert.That(await Tracker.DeleteRunAsync(deleted.Id), Is.False);
        RunRecord found = await Tracker.GetRunAsync(deleted.Id);
        Assert.That((found.IsDeleted, found.DeletedAt), Is.EqualTo((true, (DateTimeOffset?)Start.AddMinutes(1))));
        await ExpectAsync("e", active: [kept.Id], deleted: [deleted.Id]);

        Assert.That(await Tracker.RestoreRunAsync(deleted.Id), Is.True);
        Assert.That(await Tracker.RestoreRunAsync(deleted.Id), Is.False);
        await ExpectAsync("e", active: [kept.Id, deleted.Id], deleted: []);
    }

    [Test]
    public async Task Runs_of_a_deleted_experiment_count_as_deleted_and_come_back_but_those_deleted_by_themselves()
    {
        RunRecord one = await Tracker.CreateRunAsync("e");
        RunRecord two = await Tracker.CreateRunAsync("e");
        RunRecord other = await Tracker.CreateRunAsync("other");
        await Tracker.DeleteRunAsync(one.Id);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Tracker.DeleteExperimentAsync("e");

        await ExpectAsync("e", active: [], deleted: [one.Id, two.Id]);
        await ExpectAsync("other", active: [other.Id], deleted: []);
        Assert.That((await Tracker.GetRunAsync(two.Id)).DeletedAt, Is.EqualTo(Start.AddMinutes(1)));
        Assert.That(async () => await Tracker.RestoreRunAsync(two.Id), Throws.TypeOf<ExperimentDeletedException>().With.Property("Name").EqualTo("e"));
        Assert.That(async () => await Tracker.RestoreRunAsync(one.Id), Throws.TypeOf<ExperimentDeletedException>());

        await Tracker.RestoreExperimentAsync("e");
        await ExpectAsync("e", active: [two.Id], deleted: [one.Id]);
    }

    [Test]
    public async Task Every_write_to_a_deleted_run_is_refused_and_leaves_nothing([Values] bool withExperiment)
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { Tags = new Dictionary<string, string> { ["written"] = "before" } });
        await DeleteAsync(run.Id, withExperiment);

        foreach ((string name, Func<Task> call) in WritingSuite.Writes(Tracker, run.Id))
        {
            Assert.That(async () => await call(), Throws.TypeOf<RunDeletedException>().With.Property("RunId").EqualTo(run.Id).And.Property("DeletedAt").EqualTo(Start), name);
        }

        RunRecord after = await Tracker.GetRunAsync(run.Id);
        Assert.That((after.Name, after.Metrics.Count, after.Parameters.Count, after.Tags["written"]), Is.EqualTo((run.Name, 0, 0, "before")));
        Assert.That(await Tracker.ListArtifactsAsync(run.Id), Is.Empty);
        Assert.That(await Tracker.ListDatasetsAsync(run.Id), Is.Empty);
    }

    [Test]
    public async Task A_handle_on_a_deleted_run_is_told_at_once_and_writes_again_when_it_is_restored([Values] bool withExperiment)
    {
        using Tracker patient = OpenTracker(new TrackingOptions { RetryDuration = TimeSpan.FromHours(1) });
        Run run = await patient.StartRunAsync("e");
        run.LogMetric("m", 1);
        await run.FlushAsync();
        await DeleteAsync(run.Id, withExperiment);

        Assert.That(async () => await run.LogMetricsAsync([new Metric("m", 2)]), Throws.TypeOf<RunDeletedException>());
        run.LogMetric("m", 3);
        run.LogParameter("p", 1);
        run.SetTag("t", "v");
        Assert.That(async () => await run.FlushAsync(), Throws.TypeOf<RunDeletedException>());
        Assert.That(async () => await run.LogArtifactAsync("a", new MemoryStream([1])), Throws.TypeOf<RunDeletedException>());
        Assert.That(async () => await run.LogDatasetAsync(new DatasetInput("d", "1")), Throws.TypeOf<RunDeletedException>());
        await (withExperiment ? Tracker.RestoreExperimentAsync("e") : Tracker.RestoreRunAsync(run.Id));
        await run.LogMetricsAsync([new Metric("m", 4)]);
        run.Complete();
        await run.DisposeAsync();

        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That((record.Status, record.Metrics["m"].Count, record.Parameters.Count, record.Tags.Count), Is.EqualTo((RunStatus.Finished, 2L, 0, 0)));
        Assert.That(record.DroppedItems, Is.EqualTo(4), "what was refused is missing, and the run says so");
    }

    [Test]
    public async Task The_end_of_a_deleted_run_is_refused_but_hides_no_exception_of_the_body()
    {
        Run run = await Tracker.StartRunAsync("e");
        await Tracker.DeleteRunAsync(run.Id);
        run.Complete();
        Assert.That(async () => await run.DisposeAsync(), Throws.TypeOf<RunDeletedException>());

        Assert.That(
            async () => await Tracker.TrackAsync("e", async (tracked, token) =>
            {
                await Tracker.DeleteRunAsync(tracked.Id, token);
                throw new InvalidOperationException("mine");
            }),
            Throws.InvalidOperationException.With.Message.EqualTo("mine"));
    }

    [Test]
    public async Task A_write_that_was_stored_before_the_deletion_is_not_refused_when_it_is_repeated()
    {
        await Database.OpenAsync();
        var store = new TrackingStore(Database, Mlops.Storage.Durability.Process);
        RunRecord run = await Tracker.CreateRunAsync("e");
        RunRow row = (await store.FindRunAsync(run.Id, CancellationToken.None))!;
        var batch = new RunBatch { Run = row.Key, RunId = run.Id, Writer = 7, Sequence = 1, Dropped = 5 };
        await store.AppendAsync(batch, CancellationToken.None);
        await Tracker.DeleteRunAsync(run.Id);

        await store.AppendAsync(batch, CancellationToken.None);
        Assert.That(async () => await store.AppendAsync(batch with { Sequence = 2 }, CancellationToken.None), Throws.TypeOf<RunDeletedException>());
        Assert.That((await Tracker.GetRunAsync(run.Id)).DroppedItems, Is.EqualTo(5));
    }

    [Test]
    public async Task The_key_of_a_deleted_run_starts_nothing()
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { IdempotencyKey = "k" });
        await Tracker.DeleteRunAsync(run.Id);

        Assert.That(async () => await Tracker.StartRunAsync("e", new() { IdempotencyKey = "k" }), Throws.TypeOf<RunDeletedException>());
    }

    [Test]
    public void A_run_that_does_not_exist_is_neither_deleted_nor_restored()
    {
        Assert.That(async () => await Tracker.DeleteRunAsync("absent"), Throws.TypeOf<RunNotFoundException>());
        Assert.That(async () => await Tracker.RestoreRunAsync("absent"), Throws.TypeOf<RunNotFoundException>());
        Assert.That(() => Tracker.DeleteRunAsync(""), Throws.ArgumentException);
        Assert.That(() => Tracker.PurgeAsync(TimeSpan.FromTicks(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Tracker.PurgeAsync(TimeSpan.Zero, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Deleting_and_restoring_in_any_order_does_what_two_flags_do([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        string[] experiments = ["a", "b"];
        Dictionary<string, bool> experimentIsDeleted = experiments.ToDictionary(static name => name, static _ => false);
        Dictionary<string, (string Experiment, bool IsDeleted)> runs = [];
        foreach (string experiment in experiments)
        {
            await Tracker.CreateExperimentAsync(experiment);
        }

        for (int step = 0; step < 150; step++)
        {
            string experiment = experiments[random.Next(2)];
            string? run = runs.Count == 0 ? null : runs.Keys.ElementAt(random.Next(runs.Count));
            switch (random.Next(6))
            {
                case 0:
                    Assert.That(await Tracker.DeleteExperimentAsync(experiment), Is.EqualTo(!experimentIsDeleted[experiment]));
                    experimentIsDeleted[experiment] = true;
                    break;
                case 1:
                    Assert.That(await Tracker.RestoreExperimentAsync(experiment), Is.EqualTo(experimentIsDeleted[experiment]));
                    experimentIsDeleted[experiment] = false;
                    break;
                case 2 when runs.Count < 12:
                    bool started = await SucceedsAsync<ExperimentDeletedException>(async () => runs.Add((await Tracker.CreateRunAsync(experiment)).Id, (experiment, false)));
                    Assert.That(started, Is.EqualTo(!experimentIsDeleted[experiment]));
                    break;
                case 3 when run is not null:
                    Assert.That(await Tracker.DeleteRunAsync(run), Is.EqualTo(!runs[run].IsDeleted));
                    runs[run] = runs[run] with { IsDeleted = true };
                    break;
                case 4 when run is not null:
                    bool restored = await SucceedsAsync<ExperimentDeletedException>(async () => Assert.That(await Tracker.RestoreRunAsync(run), Is.EqualTo(runs[run].IsDeleted)));
                    Assert.That(restored, Is.EqualTo(!experimentIsDeleted[runs[run].Experiment]));
                    runs[run] = runs[run] with { IsDeleted = runs[run].IsDeleted && !restored };
                    break;
                case 5 when run is not null:
                    bool written = await SucceedsAsync<RunDeletedException>(() => Tracker.LogAsync(run, new() { Metrics = [new Metric("m", step)] }));
                    Assert.That(written, Is.EqualTo(!IsDeleted(run)));
                    break;
            }

            if (step % 10 == 0)
            {
                foreach (string name in experiments)
                {
                    string[] all = [.. runs.Keys.Where(id => runs[id].Experiment == name)];
                    await ExpectAsync(name, [.. all.Where(id => !IsDeleted(id))], [.. all.Where(IsDeleted)]);
                }
            }
        }

        bool IsDeleted(string id) => runs[id].IsDeleted || experimentIsDeleted[runs[id].Experiment];
    }

    private static async Task<bool> SucceedsAsync<TRefusal>(Func<Task> call)
        where TRefusal : Exception
    {
        try
        {
            await call();
            return true;
        }
        catch (TRefusal)
        {
            return false;
        }
    }

    private Task<bool> DeleteAsync(string runId, bool withExperiment) => withExperiment ? Tracker.DeleteExperimentAsync("e") : Tracker.DeleteRunAsync(runId);

    private async Task ExpectAsync(string experiment, string[] active, string[] deleted)
    {
        await ExpectAsync(experiment, Lifecycle.Active, active);
        await ExpectAsync(experiment, Lifecycle.Deleted, deleted);
        await ExpectAsync(experiment, Lifecycle.Any, [.. active, .. deleted]);
    }

    private async Task ExpectAsync(string experiment, Lifecycle lifecycle, string[] expected)
    {
        foreach (string? filter in (string?[])[null, "status = 'RUNNING' OR status = 'FINISHED'"])
        {
            RunPage page = await Tracker.ListRunsAsync(experiment, new() { Lifecycle = lifecycle, Filter = filter });
            Assert.That(page.Runs.Select(static run => run.Id), Is.EquivalentTo(expected), $"{lifecycle}, {filter}");
            Assert.That(await Tracker.CountRunsAsync(experiment, filter, lifecycle), Is.EqualTo(expected.Length), $"{lifecycle}, {filter}");
        }
    }
}
