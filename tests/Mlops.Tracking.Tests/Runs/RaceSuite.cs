using System.Globalization;
using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

/// <summary>Eight connections that share nothing but the database try the same at once.</summary>
public abstract class RaceSuite : TrackingSuite
{
    private const int Rivals = 8;

    private readonly List<Database> _databases = [];
    private readonly List<Tracker> _trackers = [];

    [SetUp]
    public void Connect()
    {
        for (int i = 0; i < Rivals; i++)
        {
            Database database = Create(Folder);
            _databases.Add(database);
            _trackers.Add(new Tracker(database, new ArtifactCatalog(database, new FileArtifactStore(ArtifactFolder)), new TrackingOptions(), Time));
        }
    }

    [TearDown]
    public async Task Disconnect()
    {
        _trackers.ForEach(static tracker => tracker.Dispose());
        _trackers.Clear();
        foreach (Database database in _databases)
        {
            await database.DisposeAsync();
        }

        _databases.Clear();
    }

    [Test]
    public async Task Of_eight_starts_with_one_key_all_get_one_run()
    {
        Run[] runs = await StartAsync();

        Assert.That(runs.Select(static run => run.Id).Distinct().Count(), Is.EqualTo(1));
        Assert.That((await Tracker.ListRunsAsync("e")).Runs, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Of_eight_values_for_one_parameter_the_first_is_kept_and_the_others_are_refused()
    {
        Run[] runs = await StartAsync();
        string[] refused = await Task.WhenAll(runs.Select((run, i) => Task.Run(async () =>
        {
            run.LogParameter("p", i);
            try
            {
                await run.FlushAsync();
                return "";
            }
            catch (ParameterConflictException conflict)
            {
                return conflict.Refused;
            }
        })));

        string winner = (await Tracker.GetRunAsync(runs[0].Id)).Parameters["p"];
        Assert.That(refused.Count(static value => value.Length == 0), Is.EqualTo(1));
        Assert.That(refused[int.Parse(winner, CultureInfo.InvariantCulture)], Is.Empty);
    }

    [Test]
    public async Task Points_that_eight_connections_log_while_they_pack_are_all_kept_and_none_twice()
    {
        const int Batches = 30;
        const int Points = 100;
        Run[] runs = await StartAsync();
        await Task.WhenAll(runs.Select((run, i) => Task.Run(async () =>
        {
            for (int batch = 0; batch < Batches; batch++)
            {
                await run.LogMetricsAsync([.. Enumerable.Range(0, Points).Select(n => new Metric("m", i, ((i * Batches) + batch) * Points + n))]);
            }
        })));
        foreach (Run run in runs)
        {
            run.Complete();
            await run.DisposeAsync();
        }

        IReadOnlyList<MetricPoint> history = await Tracker.GetMetricHistoryAsync(runs[0].Id, "m");
        List<long> packings = await Database.QueryAsync("SELECT packings FROM tracking_tail", static row => row.GetInt64(0), CancellationToken.None);
        Assert.That(history.Select(static point => (int)point.Step).Order(), Is.EqualTo(Enumerable.Range(0, Rivals * Batches * Points)));
        Assert.That((await Tracker.GetRunAsync(runs[0].Id)).Metrics["m"].Count, Is.EqualTo(history.Count));
        Assert.That(packings, Is.All.Positive, "nothing was packed, so nothing raced");
    }

    [Test]
    public async Task Of_eight_artifacts_of_one_name_one_is_kept_and_the_bytes_of_the_others_are_given_up()
    {
        Run[] runs = await StartAsync();
        RunArtifact[] logged = await Task.WhenAll(runs.Select((run, i) => Task.Run(
            () => run.LogArtifactAsync("model", new MemoryStream(Encoding.UTF8.GetBytes($"bytes {i}"))))));
        await Artifacts.CollectGarbageAsync();

        RunArtifact kept = (await Tracker.ListArtifactsAsync(runs[0].Id)).Single();
        List<ContentHash> stored = [];
        foreach (RunArtifact artifact in logged)
        {
            if (await Artifacts.Store.ExistsAsync(artifact.Hash))
            {
                stored.Add(artifact.Hash);
            }
        }

        Assert.That(stored, Is.EqualTo(new[] { kept.Hash }));
    }

    [Test]
    public async Task Of_eight_creations_of_one_experiment_one_succeeds()
    {
        bool[] created = await RaceAsync<ExperimentExistsException>(static (tracker, _) => tracker.CreateExperimentAsync("e"));

        Assert.That(created.Count(static won => won), Is.EqualTo(1));
        Assert.That((await Tracker.ListExperimentsAsync()).Experiments, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Of_eight_experiments_that_take_one_name_one_gets_it()
    {
        for (int i = 0; i < Rivals; i++)
        {
            await Tracker.CreateExperimentAsync($"e{i}");
        }

        bool[] renamed = await RaceAsync<ExperimentExistsException>(static (tracker, i) => tracker.RenameExperimentAsync($"e{i}", "wanted"));

        string[] names = [.. (await Tracker.ListExperimentsAsync()).Experiments.Select(static experiment => experiment.Name)];
        Assert.That(renamed.Count(static won => won), Is.EqualTo(1));
        Assert.That(names.Order(), Is.EqualTo(Enumerable.Range(0, Rivals).Where(i => !renamed[i]).Select(static i => $"e{i}").Append("wanted")));
    }

    [Test]
    public async Task Of_eight_deletions_and_restorations_one_of_each_says_that_it_did_it()
    {
        string id = (await Tracker.CreateRunAsync("e")).Id;
        foreach (Func<Tracker, Task<bool>> change in (Func<Tracker, Task<bool>>[])
        [
            tracker => tracker.DeleteRunAsync(id), tracker => tracker.RestoreRunAsync(id),
            static tracker => tracker.DeleteExperimentAsync("e"), static tracker => tracker.RestoreExperimentAsync("e"),
        ])
        {
            bool[] changed = await Task.WhenAll(_trackers.Select(tracker => Task.Run(() => change(tracker))));
            Assert.That(changed.Count(static won => won), Is.EqualTo(1));
        }

        Assert.That((await Tracker.GetRunAsync(id)).IsDeleted, Is.False);
    }

    [Test]
    public async Task Of_eight_updates_that_end_a_run_one_announces_its_end()
    {
        const int Rounds = 10;
        Tracker[] announcing = [.. _databases.Select(database => new Tracker(
            database, new ArtifactCatalog(database, new FileArtifactStore(ArtifactFolder)), new TrackingOptions(), Time, outbox: new Outbox(database, [new Listener()])))];
        for (int round = 0; round < Rounds; round++)
        {
            string id = (await Tracker.CreateRunAsync("e")).Id;
            await Task.WhenAll(announcing.Select(tracker => Task.Run(() => tracker.UpdateRunAsync(id, new() { Status = RunStatus.Finished }))));
        }

        foreach (Tracker tracker in announcing)
        {
            tracker.Dispose();
        }

        List<string> announced = await Database.QueryAsync(
            "SELECT id FROM outbox_message WHERE topic = @topic", static row => row.GetString(0), CancellationToken.None, ("@topic", RunTransition.EndedTopic));
        Assert.That(announced, Has.Count.EqualTo(Rounds).And.Unique);
    }

    [Test]
    public async Task Runs_that_start_while_their_experiment_is_deleted_and_restored_are_refused_or_kept()
    {
        const int Rounds = 15;
        await Tracker.CreateExperimentAsync("e");
        int started = 0;
        int refused = 0;
        await Task.WhenAll(_trackers.Select((tracker, i) => Task.Run(async () =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                try
                {
                    if (i == 0)
                    {
                        await tracker.DeleteExperimentAsync("e");
                        await tracker.RestoreExperimentAsync("e");
                        continue;
                    }

                    await tracker.CreateRunAsync("e");
                    Interlocked.Increment(ref started);
                }
                catch (ExperimentDeletedException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })));

        Assert.That(started + refused, Is.EqualTo((Rivals - 1) * Rounds));
        Assert.That(await Tracker.CountRunsAsync("e"), Is.EqualTo(started));
        await Tracker.DeleteExperimentAsync("e");
        Assert.That(await RaceAsync<ExperimentDeletedException>(static (tracker, _) => tracker.CreateRunAsync("e")), Is.All.False, "none starts after the deletion has returned");
    }

    [Test]
    public async Task Runs_that_are_written_to_while_they_are_purged_leave_nothing()
    {
        const int Runs = 40;
        string[] ids = new string[Runs];
        for (int i = 0; i < Runs; i++)
        {
            ids[i] = (await Tracker.CreateRunAsync("e")).Id;
        }

        int written = 0;
        await Task.WhenAll(_trackers.Select((tracker, i) => Task.Run(async () =>
        {
            foreach (string id in ids)
            {
                try
                {
                    if (i == 0)
                    {
                        await tracker.DeleteRunAsync(id);
                    }
                    else if (i < 3)
                    {
                        await tracker.PurgeAsync(TimeSpan.Zero);
                    }
                    else
                    {
                        await tracker.LogAsync(id, new()
                        {
                            Metrics = [new Metric("m", i)],
                            Tags = new Dictionary<string, string> { [$"t{i}"] = "v" },
                            Datasets = [new DatasetInput("d", "1"), new DatasetInput($"d{i}", "1") { Tags = new Dictionary<string, string> { ["k"] = "v" } }],
                        });
                        await tracker.CreateRunAsync("children", new() { ParentId = id });
                        Interlocked.Increment(ref written);
                    }
                }
                catch (TrackingException refused) when (refused is RunDeletedException or RunNotFoundException)
                {
                }
            }
        })));
        await Tracker.PurgeAsync(TimeSpan.Zero);

        Assert.That(await Tracker.CountRunsAsync("e", lifecycle: Lifecycle.Any), Is.Zero);
        Assert.That(await Tracker.CountRunsAsync("children", "parent_run_id != ''"), Is.Zero);
        Assert.That(await Tracker.CountRunsAsync("children"), Is.AtLeast(written));
        foreach (string table in (string[])["tracking_block", "tracking_series", "tracking_tag", "tracking_input", "tracking_input_tag", "tracking_dataset"])
        {
            List<long> rows = await Database.QueryAsync($"SELECT COUNT(*) FROM {table}", static row => row.GetInt64(0), CancellationToken.None);
            Assert.That(rows[0], Is.Zero, table);
        }
    }

    /// <summary>Which of the rivals were not refused.</summary>
    private Task<bool[]> RaceAsync<TRefusal>(Func<Tracker, int, Task> call)
        where TRefusal : Exception => Task.WhenAll(_trackers.Select((tracker, i) => Task.Run(async () =>
        {
            try
            {
                await call(tracker, i);
                return true;
            }
            catch (TRefusal)
            {
                return false;
            }
        })));

    private Task<Run[]> StartAsync() => Task.WhenAll(
        _trackers.Select(static tracker => Task.Run(() => tracker.StartRunAsync("e", new() { IdempotencyKey = "k" }))));

    private sealed class Listener : IOutboxReceiver
    {
        public string Name => "listener";

        public bool Takes(string topic) => true;

        public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}
