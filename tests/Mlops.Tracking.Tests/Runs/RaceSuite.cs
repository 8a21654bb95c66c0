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

    private Task<Run[]> StartAsync() => Task.WhenAll(
        _trackers.Select(static tracker => Task.Run(() => tracker.StartRunAsync("e", new() { IdempotencyKey = "k" }))));
}
