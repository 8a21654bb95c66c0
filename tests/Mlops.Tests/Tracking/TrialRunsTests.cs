using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Mlops.Tests.Tracking;

public sealed class TrialRunsTests
{
    private string _folder = "";
    private SqliteDatabase _database = null!;
    private Tracker _tracker = null!;

    [SetUp]
    public void OpenTracker()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-trials-").FullName;
        _database = new SqliteDatabase($"Data Source={Path.Combine(_folder, "mlops.db")}");
        _tracker = new Tracker(_database, new ArtifactCatalog(_database, new FileArtifactStore(_database.DefaultArtifactFolder)));
    }

    [TearDown]
    public async Task CloseTracker()
    {
        _tracker.Dispose();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_trial_that_is_delivered_twice_is_one_run()
    {
        var runs = new TrialRuns(_tracker);
        TrialRecord trial = await FinishAsync(0.25);
        await runs.OnFinishedAsync(trial, CancellationToken.None);
        await runs.OnFinishedAsync(trial, CancellationToken.None);

        RunRecord run = (await _tracker.ListRunsAsync("ridge")).Runs.Single();
        Assert.That((run.Status, run.Parameters["lambda"], run.Metrics["value"].Value), Is.EqualTo((RunStatus.Finished, "0.1", 0.25)));
        Assert.That((run.Tags[TrialRuns.TrialTag], run.Tags[TrialRuns.StateTag]), Is.EqualTo(("0", "Completed")));
    }

    [Test]
    public async Task A_trial_that_failed_is_a_failed_run_without_a_value()
    {
        await new TrialRuns(_tracker).OnFinishedAsync(await FinishAsync(), CancellationToken.None);

        RunRecord run = (await _tracker.ListRunsAsync("ridge")).Runs.Single();
        Assert.That((run.Status, run.Tags[TrialRuns.StateTag], run.Metrics.Count), Is.EqualTo((RunStatus.Failed, "Failed", 0)));
    }

    [Test]
    public async Task Every_objective_is_a_metric()
    {
        await new TrialRuns(_tracker).OnFinishedAsync(await FinishAsync(0.25, 40), CancellationToken.None);

        RunRecord run = (await _tracker.ListRunsAsync("ridge")).Runs.Single();
        Assert.That((run.Metrics["value"].Value, run.Metrics["value.1"].Value), Is.EqualTo((0.25, 40.0)));
    }

    [Test]
    public async Task Every_constraint_is_a_metric()
    {
        await using var studies = new Studies(_database);
        Study study = await studies.OpenAsync("ridge", Direction.Minimize);
        Trial trial = await study.AskAsync();
        trial.SetConstraint("latency", -1.5);
        trial.SetConstraint("memory [MB]", 20);
        await new TrialRuns(_tracker).OnFinishedAsync(await study.TellAsync(trial, 0.25), CancellationToken.None);

        RunRecord run = (await _tracker.ListRunsAsync("ridge")).Runs.Single();
        Assert.That(
            run.Metrics.ToDictionary(static metric => metric.Key, static metric => metric.Value.Value),
            Is.EqualTo(new Dictionary<string, double> { ["value"] = 0.25, ["constraint.latency"] = -1.5, ["constraint.memory _x005B_MB_x005D_"] = 20 }));
    }

    [Test]
    public async Task A_trial_is_a_whole_run_whatever_its_study_calls_things()
    {
        await using var studies = new Studies(_database);
        Study study = await studies.OpenAsync("ridge\n(adam)", Direction.Minimize);
        Trial asked = await study.AskAsync();
        asked.SuggestDouble("lr[0]", 0.5, 0.5);
        asked.SuggestInt("a//b", 3, 3);
        asked.SuggestBool("..");
        asked.SuggestInt(new string('%', 250), 4, 4);
        asked.SuggestCategorical("prompt", new string('p', 5_996) + "\U0001F600" + new string('p', 1_000));
        TrialRecord trial = await study.TellAsync(asked, 0.25);
        await new TrialRuns(_tracker).OnFinishedAsync(trial, CancellationToken.None);

        RunRecord run = (await _tracker.ListRunsAsync("ridge_x000A_(adam)")).Runs.Single();
        Assert.That((run.Status, run.Metrics["value"].Value, run.Parameters.Count), Is.EqualTo((RunStatus.Finished, 0.25, 5)));
        Assert.That((run.Parameters["lr_x005B_0_x005D_"], run.Parameters["a_x002F__x002F_b"]), Is.EqualTo(("0.5", "3")));
        Assert.That(run.Parameters, Does.ContainKey("_x002E__x002E_"));
        Assert.That(run.Parameters["prompt"], Is.EqualTo(new string('p', 5_996) + "..."));
    }

    [Test]
    public async Task A_pruned_trial_is_a_finished_run_that_says_so()
    {
        await using var studies = new Studies(_database);
        Study study = await studies.OpenAsync("ridge", Direction.Minimize);
        Trial trial = await study.AskAsync();
        trial.Report(3, 0.5);
        await new TrialRuns(_tracker).OnFinishedAsync(await study.PruneAsync(trial), CancellationToken.None);

        RunRecord run = (await _tracker.ListRunsAsync("ridge")).Runs.Single();
        Assert.That((run.Status, run.Tags[TrialRuns.StateTag], run.Metrics.Count), Is.EqualTo((RunStatus.Finished, "Pruned", 0)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_run_has_the_times_of_its_trial(bool completes)
    {
        TrialRecord trial = await (completes ? FinishAsync(0.25) : FinishAsync());
        await Task.Delay(20);
        await new TrialRuns(_tracker).OnFinishedAsync(trial, CancellationToken.None);

        RunRecord run = (await _tracker.ListRunsAsync("ridge")).Runs.Single();
        Assert.That(run.StartTime, Is.EqualTo(trial.Started).Within(TimeSpan.FromMicroseconds(1)));
        Assert.That(run.EndTime, Is.EqualTo(trial.Finished).Within(TimeSpan.FromMicroseconds(1)));
        foreach (MetricPoint point in await _tracker.GetMetricHistoryAsync(run.Id, "value"))
            Assert.That(point.Time, Is.EqualTo(trial.Finished).Within(TimeSpan.FromMilliseconds(1)));
        Assert.That(run.Metrics, Has.Count.EqualTo(completes ? 1 : 0));
    }

    /// <summary>A finished trial of one parameter; no values mean that it failed.</summary>
    private async Task<TrialRecord> FinishAsync(params double[] values)
    {
        await using var studies = new Studies(_database);
        Study study = await studies.OpenAsync("ridge", [.. Enumerable.Repeat(Direction.Minimize, Math.Max(values.Length, 1))]);
        Trial trial = await study.AskAsync();
        trial.SuggestDouble("lambda", 0.1, 0.1);
        return values.Length > 0 ? await study.TellAsync(trial, values) : await study.FailAsync(trial, "diverged");
    }
}
