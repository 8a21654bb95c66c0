using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tuning.Tests;

[NonParallelizable]
[TestFixture("sqlite")]
[TestFixture("postgresql")]
public sealed class CrashTests(string engine)
{
    private const int TrialsBetweenKills = 30;
    private static readonly int TotalTrials = (KillCount.PerTest + 3) * TrialsBetweenKills;

    private string _folder = "";
    private string _connectionString = "";

    [SetUp]
    public void CreateDatabase()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;
        _connectionString = engine == "sqlite" ? $"Data Source={Path.Combine(_folder, "studies.db")}" : PostgreSqlServer.CreateDatabase();
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    [Category("Kills")]
    public async Task Two_processes_that_are_killed_again_and_again_finish_every_trial_once()
    {
        await using Database database = CrashWorker.Open(engine, _connectionString);
        await using var studies = new Studies(database);
        Study study = await CrashWorker.OpenAsync(studies, CrashWorker.Study);
        var acknowledged = new ConcurrentBag<string>();
        List<TrialRecord> trials = await RunAsync(study, KillCount.PerTest, TotalTrials, acknowledged);

        TestContext.Out.WriteLine($"{engine}: {KillCount.PerTest} kills, {trials.Count} trials, {trials.Sum(static trial => trial.Attempt - 1)} of them begun again");
        Assert.That(trials.Select(static trial => trial.Number), Is.EqualTo(Enumerable.Range(0, TotalTrials)));
        Assert.That(trials.Select(static trial => trial.State), Is.All.EqualTo(TrialState.Completed));
        Assert.That(trials.Select(static trial => trial.FinishSequence).Order(), Is.EqualTo(Enumerable.Range(1, TotalTrials)));
        Assert.That(trials.Max(static trial => trial.Attempt), Is.GreaterThan(1), "no kill hit a running trial");

        // An outcome that was acknowledged once is the one that is stored, and a trial has no second one.
        Dictionary<int, string> stored = trials.ToDictionary(static trial => trial.Number, static trial =>
            FormattableString.Invariant($"{trial.Number} {trial.Attempt} {trial.Finished!.Value.UtcTicks} {trial.Value:R}"));
        Assert.That(acknowledged.Where(line => stored[int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)] != line), Is.Empty);
        Assert.That(acknowledged.Distinct().Count(), Is.EqualTo(TotalTrials));

        // What was chosen depends on number and seed alone, however often a trial was begun.
        foreach (TrialRecord trial in trials)
        {
            double x = RandomSampler.Draw(new RandomStream(study.Seed, trial.Number, "x"), ParameterDomain.Real(-5, 5));
            Assert.That(trial.Get<double>("x"), Is.EqualTo(x));
            Assert.That(await study.GetReportsAsync(trial.Number), Is.EqualTo(new TrialReport[] { new(0, 0), new(1, x), new(2, x * 2) }));
        }
    }

    [Test]
    public async Task At_a_lag_two_processes_that_are_killed_choose_and_prune_what_one_undisturbed_worker_does()
    {
        const int Kills = 3;
        const int Trials = (Kills + 3) * TrialsBetweenKills;
        await using var file = new SqliteFile();
        await using var alone = new Studies(file.Database);
        Study undisturbed = await CrashWorker.OpenAsync(alone, CrashWorker.LaggedStudy);
        await undisturbed.OptimizeAsync(CrashWorker.Objective, new() { TotalTrials = Trials });
        await using Database database = CrashWorker.Open(engine, _connectionString);
        await using var studies = new Studies(database);

        List<TrialRecord> trials = await RunAsync(await CrashWorker.OpenAsync(studies, CrashWorker.LaggedStudy), Kills, Trials, []);

        Assert.That(trials.Count(static trial => trial.State == TrialState.Pruned), Is.InRange(10, Trials - 10));
        Assert.That(trials.Max(static trial => trial.Attempt), Is.GreaterThan(1), "no kill hit a running trial");
        Assert.That(trials.Select(Result), Is.EqualTo((await AllAsync(undisturbed)).Select(Result)));

        static (int, TrialState, TrialReport?, string) Result(TrialRecord trial) => (trial.Number, trial.State, trial.LastReport, ParameterJson.Write(trial.Parameters));
    }

    [Test]
    [Category("Kills")]
    public async Task Trials_of_killed_processes_go_on_from_their_last_checkpoint_with_all_reports_before_it()
    {
        await using Database database = CrashWorker.Open(engine, _connectionString);
        await using var studies = new Studies(database);
        Study study = await CrashWorker.OpenAsync(studies, CrashWorker.CheckpointedStudy);
        var printed = new ConcurrentBag<string>();
        List<TrialRecord> trials = await RunAsync(study, KillCount.PerTest, TotalTrials, printed);

        Assert.That(trials.Select(static trial => (trial.Number, trial.State)), Is.EqualTo(Enumerable.Range(0, TotalTrials).Select(static number => (number, TrialState.Completed))));
        foreach (TrialRecord trial in trials)
        {
            List<TrialReport> expected = [];
            for (int step = 0; step < CrashWorker.Steps; step++)
            {
                expected.Add(new(step, CrashWorker.Gather(step == 0 ? 0 : expected[^1].Value, trial.Get<double>("x"), step)));
            }

            Assert.That(trial.Value, Is.EqualTo(expected[^1].Value));
            Assert.That(await study.GetReportsAsync(trial.Number), Is.EqualTo(expected));
        }

        (int Number, int Attempt, int Step)[] saved = Parse("saved");
        (int Number, int Attempt, int Step)[] begun = Parse("begins");
        Assert.That(saved.Select(static line => (line.Number, line.Step)), Is.Unique, "a step was done again although its checkpoint had been acknowledged");
        Assert.That(
            begun.Where(line => saved.Any(earlier => earlier.Number == line.Number && earlier.Attempt < line.Attempt && earlier.Step >= line.Step)), Is.Empty, "an attempt began before a checkpoint");
        Assert.That(begun.Count(static line => line.Step > 0), Is.Positive, "no kill hit a trial with a checkpoint");
        Assert.That(await database.QueryAsync("SELECT count(*) FROM tuning_checkpoint", static row => row.GetInt64(0), CancellationToken.None), Is.EqualTo(new[] { 0L }));

        (int, int, int)[] Parse(string verb) => [.. printed.Select(static line => line.Split(' ')).Where(words => words[0] == verb)
            .Select(static words => (int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture), int.Parse(words[3], CultureInfo.InvariantCulture)))];
    }

    private async Task<List<TrialRecord>> RunAsync(Study study, int kills, int total, ConcurrentBag<string> acknowledged)
    {
        List<(Process Process, Task Exited)> workers = [Start(study.Name, total, acknowledged), Start(study.Name, total, acknowledged)];
        int killed = 0;
        while (workers.Count > 0)
        {
            if (killed < kills && await FinishedAsync(study) >= (killed + 1) * TrialsBetweenKills)
            {
                (Process victim, Task exited) = workers[killed % 2];
                victim.Kill();
                await exited;
                workers[killed % 2] = Start(study.Name, total, acknowledged);
                killed++;
            }

            await Task.Delay(20);
            workers.RemoveAll(static worker => worker.Exited.IsCompletedSuccessfully && worker.Process.ExitCode == 0);
            Assert.That(workers, Has.None.Matches<(Process Process, Task Exited)>(static worker => worker.Exited.IsCompleted && worker.Process.ExitCode != 0), "a worker failed by itself");
        }

        Assert.That(killed, Is.EqualTo(kills));
        return await AllAsync(study);
    }

    private static async Task<List<TrialRecord>> AllAsync(Study study)
    {
        List<TrialRecord> trials = [];
        await foreach (TrialRecord trial in study.GetTrialsAsync())
        {
            trials.Add(trial);
        }

        return trials;
    }

    private static async Task<int> FinishedAsync(Study study) => (await study.GetProgressAsync()).Finished;

    private (Process Process, Task Exited) Start(string study, int total, ConcurrentBag<string> acknowledged)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(CrashWorker).Assembly.Location);
        }

        foreach (string argument in new[] { "worker", engine, _connectionString, total.ToString(CultureInfo.InvariantCulture), study })
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        return (process, ReadAsync(process, acknowledged));
    }

    private static async Task ReadAsync(Process process, ConcurrentBag<string> acknowledged)
    {
        // A line that the kill cut off is not an acknowledgement.
        string text = await process.StandardOutput.ReadToEndAsync();
        foreach (string line in text.Split('\n')[..^1])
        {
            acknowledged.Add(line);
        }

        await process.WaitForExitAsync();
    }
}
