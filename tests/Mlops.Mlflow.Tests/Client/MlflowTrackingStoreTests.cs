using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Client;

/// <summary>The ordinary tracker, whose runs are on our own server behind a network that fails.</summary>
[TestFixture]
public sealed class MlflowTrackingStoreTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);

    private string _folder = "";
    private MlflowServer _server = null!;
    private FaultyHandler _network = null!;
    private HttpClient _http = null!;
    private Tracker _tracker = null!;

    private Tracker ServerTracker => _server.Services.GetRequiredService<Tracker>();

    [SetUp]
    public async Task Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        _server = await MlflowServer.StartAsync(storage => storage.UseSqlite($"Data Source={Path.Combine(_folder, "server.db")}"));
        _network = new FaultyHandler();
        _http = new HttpClient(_network) { BaseAddress = _server.Http.BaseAddress };
        _tracker = OpenTracker(new TrackingOptions());
    }

    [TearDown]
    public async Task Close()
    {
        _network.IsDown = false;
        _tracker.Dispose();
        _http.Dispose();
        _network.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_run_lives_on_the_server_as_it_would_in_a_database()
    {
        string id = "";
        byte[] file = [1, 2, 3];
        await _tracker.TrackAsync("it's \"rides\"", async (run, ct) =>
        {
            id = run.Id;
            run.LogParameter("lr", 0.1);
            run.SetTag("team", "a");
            run.LogMetric("mae", double.NaN, 3, Start.AddSeconds(3));
            await run.LogMetricsAsync([new("mae", 2, 2, Start.AddSeconds(9)), new("mae", double.NegativeInfinity, 1, Start)], ct);
            RunArtifact artifact = await run.LogArtifactAsync("deep/file.bin", new MemoryStream(file), ct);
            Assert.That((artifact.Hash, artifact.Length), Is.EqualTo((ContentHash.Of(file), 3L)));
            await run.LogDatasetAsync(new DatasetInput("d", "1") { Context = "train", Uri = "s3://b/d", Schema = "{}" }, ct);
        });

        RunRecord record = await _tracker.GetRunAsync(id);
        Assert.Multiple(() =>
        {
            Assert.That((record.Status, record.Experiment, record.Parameters["lr"], record.Tags["team"], record.IsComplete), Is.EqualTo((RunStatus.Finished, "it's \"rides\"", "0.1", "a", true)));
            Assert.That(record.EndTime, Is.Not.Null);
            Assert.That((record.Metrics["mae"].Last.Step, record.Metrics["mae"].IsLastOnly), Is.EqualTo((3L, true)));
        });
        Assert.That((await _tracker.GetMetricHistoryAsync(id, "mae")).Select(static point => point.Value), Is.EqualTo(new[] { double.NegativeInfinity, 2, double.NaN }));
        Assert.That((await _tracker.GetMetricEnvelopeAsync(id, "mae", 1)).Single().Count, Is.EqualTo(3));
        Assert.That(await _tracker.ListDatasetsAsync(id), Is.EqualTo(new[] { new DatasetInput("d", "1") { Context = "train", Uri = "s3://b/d", Schema = "{}" } }));
        Assert.That((await _tracker.ListArtifactsAsync(id)).Select(static artifact => (artifact.Name, artifact.Length)), Is.EqualTo(new[] { ("deep/file.bin", 3L) }));
        await using (Stream opened = await _tracker.OpenArtifactAsync(id, "deep/file.bin"))
        {
            var copy = new MemoryStream();
            await opened.CopyToAsync(copy);
            Assert.That(copy.ToArray(), Is.EqualTo(file));
        }

        Assert.That(async () => await _tracker.OpenArtifactAsync(id, "none"), Throws.TypeOf<RunArtifactNotFoundException>());
        Assert.That(await _tracker.RemoveArtifactAsync(id, "deep/file.bin"));
        Assert.That(await _tracker.RemoveArtifactAsync(id, "deep/file.bin"), Is.False);
    }

    [Test]
    public async Task Runs_are_found_ordered_and_paged_by_the_server()
    {
        RunRecord parent = await _tracker.CreateRunAsync("e", new() { Name = "parent", StartTime = Start });
        for (int i = 0; i < 5; i++)
        {
            RunRecord run = await _tracker.CreateRunAsync("e", new() { Name = $"r{i}", ParentId = parent.Id, StartTime = Start.AddSeconds(i) });
            await _tracker.LogAsync(run.Id, new RunLog { Metrics = [new("m", 10 - i, 0, Start)], Parameters = new Dictionary<string, string> { ["p"] = i == 4 ? "a 'b'" : "c" } });
        }

        var query = new RunQuery { Filter = "metrics.m > 7 OR params.p LIKE 'a%'", ParentId = parent.Id, Order = RunOrder.ByMetric("m"), Take = 2 };
        RunPage first = await _tracker.ListRunsAsync("e", query);
        query.After = first.Next;
        RunPage second = await _tracker.ListRunsAsync("e", query);
        RunPage all = await _tracker.ListRunsAsync(["e", "none"], new RunQuery { Order = RunOrder.ByMetricDescending("m"), Columns = ["metrics.m"] });
        RunPage quoted = await _tracker.ListRunsAsync("e", new RunQuery { Status = RunStatus.Running, Parameters = new Dictionary<string, string> { ["p"] = "a 'b'" } });

        Assert.That(first.Runs.Concat(second.Runs).Select(static run => run.Name), Is.EqualTo(new[] { "r4", "r2", "r1", "r0" }));
        Assert.That(first.Runs[0].ParentId, Is.EqualTo(parent.Id));
        Assert.That(all.Runs.Select(static run => run.Name), Is.EqualTo(new[] { "r0", "r1", "r2", "r3", "r4" }), "the parent has no such metric");
        Assert.That(all.Runs[0].Tags, Is.Empty);
        Assert.That(quoted.Runs.Single().Name, Is.EqualTo("r4"));
        Assert.That(() => _tracker.ListRunsAsync("e", new RunQuery { Filter = "metrics.m >" }), Throws.TypeOf<FilterException>());
        Assert.That((await _tracker.ListRunsAsync("none")).Runs, Is.Empty);
    }

    [Test]
    public async Task Writes_to_what_is_deleted_or_missing_are_told_as_those_of_a_database()
    {
        RunRecord run = await _tracker.CreateRunAsync("e");
        Assert.That(await _tracker.DeleteRunAsync(run.Id));
        Assert.That(await _tracker.DeleteRunAsync(run.Id), Is.False);
        Assert.That((await _tracker.GetRunAsync(run.Id)).IsDeleted);
        Assert.That(async () => await _tracker.LogAsync(run.Id, new RunLog { Metrics = [new("m", 1)] }), Throws.TypeOf<RunDeletedException>());
        Assert.That(await _tracker.RestoreRunAsync(run.Id));

        await _tracker.LogAsync(run.Id, new RunLog { Parameters = new Dictionary<string, string> { ["p"] = "1" } });
        ParameterConflictException? conflict = await Assert.ThrowsAsync<ParameterConflictException>(
            async () => await _tracker.LogAsync(run.Id, new RunLog { Parameters = new Dictionary<string, string> { ["p"] = "2", ["q"] = "3" } }));
        Assert.That(conflict!.Conflicts, Is.EqualTo(new[] { new ParameterConflict("p", "1", "2") }));

        Assert.That(await _tracker.FindRunAsync("no id"), Is.Null);
        Assert.That(async () => await _tracker.GetMetricHistoryAsync(new string('a', 32), "m"), Throws.TypeOf<RunNotFoundException>());
        Assert.That(async () => await _tracker.CreateRunAsync("e", new() { ParentId = new string('a', 32) }), Throws.TypeOf<RunNotFoundException>());
    }

    [Test]
    public async Task A_parameter_that_another_handle_set_takes_nothing_else_with_it()
    {
        Run run = await _tracker.StartRunAsync("e");
        await _tracker.LogAsync(run.Id, new RunLog { Parameters = new Dictionary<string, string> { ["p"] = "1" } });
        run.LogParameter("p", "2");
        run.LogParameter("q", "3");
        run.LogMetric("m", 4);

        Assert.That(async () => await run.FlushAsync(), Throws.TypeOf<ParameterConflictException>());
        run.Complete();
        await run.DisposeAsync();

        RunRecord record = await _tracker.GetRunAsync(run.Id);
        Assert.That((record.Parameters["p"], record.Parameters["q"], record.Metrics["m"].Value, record.Status), Is.EqualTo(("1", "3", 4d, RunStatus.Finished)));
    }

    [Test]
    public async Task Experiments_are_those_of_the_server()
    {
        Experiment made = await _tracker.CreateExperimentAsync("a", new() { Tags = new Dictionary<string, string> { ["k"] = "v" } });
        Assert.That(async () => await _tracker.CreateExperimentAsync("a"), Throws.TypeOf<ExperimentExistsException>());
        Assert.That((await _tracker.GetExperimentAsync(made.Id)).Tags["k"], Is.EqualTo("v"));
        Assert.That((await _tracker.RenameExperimentAsync("a", "b")).Name, Is.EqualTo("b"));
        await _tracker.SetExperimentTagAsync("b", "k", "w");
        Assert.That(await _tracker.RemoveExperimentTagAsync("b", "k"));
        Assert.That((await _tracker.ListExperimentsAsync(new() { Filter = "name LIKE 'b%'", Order = "name" })).Experiments.Single().Tags, Is.Empty);
        Assert.That(await _tracker.DeleteExperimentAsync("b"));
        Assert.That(async () => await _tracker.StartRunAsync("b"), Throws.TypeOf<ExperimentDeletedException>());
        Assert.That((await _tracker.GetExperimentAsync("b")).IsDeleted);
        Assert.That(await _tracker.RestoreExperimentAsync("b"));
        Assert.That(await _tracker.FindExperimentAsync("a"), Is.Null);
    }

    [Test]
    public async Task Answers_that_are_lost_after_the_server_stored_change_nothing([Values(2, 3, 5)] int every)
    {
        _network.LosesAnswer = number => number % every == 0;
        string id = "";
        await _tracker.TrackAsync("e", new StartRunOptions { Name = "only" }, async (run, ct) =>
        {
            id = run.Id;
            for (int step = 0; step < 10; step++)
            {
                run.LogParameter($"p{step}", step);
                await run.LogMetricsAsync([new("m", step, step, Start)], ct);
            }

            await run.LogArtifactAsync("a.txt", new MemoryStream([7]), ct);
        });
        _network.LosesAnswer = static _ => false;

        Assert.That(_network.Lost, Is.GreaterThan(3));
        Assert.That((await _tracker.ListRunsAsync("e")).Runs.Select(static run => (run.Name, run.Status)), Is.EqualTo(new[] { ("only", RunStatus.Finished) }));
        Assert.That((await _tracker.GetMetricHistoryAsync(id, "m")).Select(static point => point.Value), Is.EqualTo(Enumerable.Range(0, 10)));
        Assert.That((await _tracker.GetRunAsync(id)).Parameters, Has.Count.EqualTo(10));
        Assert.That((await ServerTracker.GetRunAsync(id)).Metrics["m"].Count, Is.EqualTo(10));
    }

    [Test]
    public async Task A_point_without_a_time_is_one_point_when_it_is_sent_again()
    {
        RunRecord run = await _tracker.CreateRunAsync("e");
        int asked = 0;
        _network.LosesAnswer = _ => asked++ == 0;
        await _tracker.LogAsync(run.Id, new RunLog { Metrics = [new("m", 1)] });
        _network.LosesAnswer = static _ => false;

        Assert.That(_network.Lost, Is.EqualTo(1));
        Assert.That(await ServerTracker.GetMetricHistoryAsync(run.Id, "m"), Has.Count.EqualTo(1));
        Assert.That((await ServerTracker.GetRunAsync(run.Id)).Metrics["m"].Count, Is.EqualTo(1));
    }

    [Test]
    public async Task A_start_of_one_key_is_one_run()
    {
        var options = new StartRunOptions { IdempotencyKey = "it's a key", Name = "first" };
        RunRecord first = await _tracker.CreateRunAsync("e", options);
        RunRecord second = await _tracker.CreateRunAsync("e", options);
        Assert.That(second.Id, Is.EqualTo(first.Id));

        await _tracker.DeleteRunAsync(first.Id);
        Assert.That(async () => await _tracker.CreateRunAsync("e", options), Throws.TypeOf<RunDeletedException>());
    }

    [Test]
    public async Task What_is_logged_while_the_server_is_away_goes_to_the_journal_and_then_to_the_server()
    {
        string journal = Path.Combine(_folder, "journal");
        string id;
        using (Tracker tracker = OpenTracker(new TrackingOptions { JournalFolder = journal }))
        {
            Run run = await tracker.StartRunAsync("e");
            id = run.Id;
            await run.LogMetricsAsync([new("m", 0, 0, Start)]);
            _network.IsDown = true;
            run.LogParameter("p", "v");
            await run.LogMetricsAsync([new("m", 1, 1, Start), new("new", double.NaN, 0, Start)]);
            await run.LogMetricsAsync([new("m", 2, 2, Start)]);
            run.Complete();
            await run.DisposeAsync();
            Assert.That(Directory.GetFiles(journal), Has.Length.EqualTo(1));

            // Replayed twice, as far as the server can tell.
            int replayed = 0;
            _network.LosesAnswer = _ => replayed++ % 2 == 0;
            _network.IsDown = false;
            for (int i = 0; i < 200 && (await _server.Http.GetStringAsync($"/api/2.0/mlflow/runs/get?run_id={id}")).Contains("RUNNING", StringComparison.Ordinal); i++)
            {
                await Task.Delay(50);
            }
        }

        _network.LosesAnswer = static _ => false;
        RunRecord record = await _tracker.GetRunAsync(id);
        Assert.That((record.Status, record.Parameters["p"], record.IsComplete), Is.EqualTo((RunStatus.Finished, "v", true)));
        Assert.That((await _tracker.GetMetricHistoryAsync(id, "m")).Select(static point => point.Value), Is.EqualTo(new[] { 0d, 1, 2 }));
        Assert.That(record.Metrics["new"].Value, Is.NaN);
    }

    [Test]
    public async Task A_server_that_stays_away_is_a_storage_failure_that_may_pass()
    {
        _network.IsDown = true;
        StorageException? failure = await Assert.ThrowsAsync<StorageException>(async () => await _tracker.FindRunAsync(new string('a', 32)));
        Assert.That(failure!.IsTransient);
        Assert.That(failure.Message, Does.Contain("2 attempts"));
    }

    [Test]
    public void What_only_a_database_can_do_says_so()
    {
        foreach ((string name, Func<Task> call) in new (string, Func<Task>)[]
        {
            (nameof(Tracker.PurgeAsync), () => _tracker.PurgeAsync(TimeSpan.Zero)),
            (nameof(Tracker.ReapOrphansAsync), () => _tracker.ReapOrphansAsync()),
            (nameof(Tracker.CountRunsAsync), () => _tracker.CountRunsAsync("e")),
            (nameof(Tracker.ListMetricPointsAsync), () => _tracker.ListMetricPointsAsync("a", "loss")),
            (nameof(Tracker.CompareRunsAsync), () => _tracker.CompareRunsAsync(["a", "b"])),
            (nameof(Tracker.ListExperimentDatasetsAsync), () => _tracker.ListExperimentDatasetsAsync("e")),
        })
        {
            Assert.That(() => call(), Throws.TypeOf<NotSupportedException>().With.Message.Contains(name).And.Message.Contains(nameof(MlflowTrackingStore)));
        }
    }

    [Test]
    public async Task Under_a_clock_that_stands_still_a_call_is_repeated_all_the_same()
    {
        using var tracker = new Tracker(
            new MlflowTrackingStore(_http, new MlflowStoreOptions { MaximumAttempts = 2, MaximumRetryDelay = TimeSpan.FromMilliseconds(20) }, new FakeTimeProvider()));
        await tracker.CreateExperimentAsync("e");
        int answers = 0;
        _network.LosesAnswer = _ => answers++ == 0;

        Assert.That((await tracker.GetExperimentAsync("e").WaitAsync(TimeSpan.FromSeconds(60))).Name, Is.EqualTo("e"));
        Assert.That(_network.Lost, Is.EqualTo(1));
    }

    private Tracker OpenTracker(TrackingOptions options) =>
        new(new MlflowTrackingStore(_http, new MlflowStoreOptions { MaximumAttempts = 2, MaximumRetryDelay = TimeSpan.FromMilliseconds(20) }), options);
}
