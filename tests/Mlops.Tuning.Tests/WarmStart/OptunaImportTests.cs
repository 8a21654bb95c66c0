using Microsoft.Data.Sqlite;

namespace Mlops.Tuning.Tests;

public sealed class OptunaImportTests
{
    private SqliteFile _file = null!;
    private Studies _studies = null!;
    private SqliteConnection _optuna = null!;

    [SetUp]
    public async Task Open()
    {
        _file = new SqliteFile();
        _studies = new Studies(_file.Database);
        _optuna = new SqliteConnection("Data Source=:memory:");
        await _optuna.OpenAsync();
        await ExecuteAsync(OptunaTables.Schema);
        await ExecuteAsync(OptunaTables.Study);
    }

    [TearDown]
    public async Task Close()
    {
        await _optuna.DisposeAsync();
        await _studies.DisposeAsync();
        await _file.DisposeAsync();
    }

    [Test]
    public async Task Finished_trials_come_with_all_that_Optuna_keeps_of_them()
    {
        OptunaImport import = await _studies.ImportOptunaAsync(_optuna, "svm");

        Assert.That((import.Added, import.Known, import.Unfinished), Is.EqualTo((4, 0, 2)));
        Assert.That(import.Study.Directions, Is.EqualTo(new[] { Direction.Maximize }));
        List<TrialRecord> trials = await AllAsync(import.Study);
        Assert.That(trials.Select(static trial => (trial.State, trial.Value)), Is.EqualTo(new (TrialState, double?)[]
        {
            (TrialState.Completed, 0.91), (TrialState.Pruned, null), (TrialState.Failed, null), (TrialState.Failed, null),
        }));
        Assert.That(trials[3].Reason, Does.Contain("Infinity"));
        Assert.That(trials[0].Parameters.Select(static parameter => $"{parameter.Key}={parameter.Value}"), Is.EqualTo(new[] { "C=0.25", "degree=3", "kernel=rbf", "shrink=True", "cut=None", "grid=0.30000000000000004" }));
        Assert.That(trials[0].Started, Is.EqualTo(new DateTimeOffset(2026, 3, 1, 10, 0, 0, 250, TimeSpan.Zero)));
        Assert.That(trials[0].Finished, Is.EqualTo(new DateTimeOffset(2026, 3, 1, 10, 0, 9, TimeSpan.Zero)));
        Assert.That(trials[0].Constraints, Is.EqualTo(new Dictionary<string, double> { ["0"] = -0.5, ["1"] = 0.25 }));
        Assert.That(trials[1].Constraints, Is.EqualTo(new Dictionary<string, double> { ["latency"] = 0.5 }));
        Assert.That(await import.Study.GetReportsAsync(1), Is.EqualTo(new TrialReport[] { new(0, 0.4), new(1, double.NaN), new(5, 0.45) }));
        Assert.That(trials[1].LastReport, Is.EqualTo(new TrialReport(5, 0.45)));
    }

    [Test]
    public async Task The_space_is_that_of_the_distributions_old_ones_included()
    {
        Study study = (await _studies.ImportOptunaAsync(_optuna, "svm")).Study;

        Assert.That(study.Space.Parameters, Is.EquivalentTo(new Dictionary<string, ParameterDomain>
        {
            ["C"] = ParameterDomain.Real(1e-3, 100, log: true),
            ["degree"] = ParameterDomain.Whole(1, 9, step: 2),
            ["kernel"] = ParameterDomain.Categorical("linear", "rbf"),
            ["shrink"] = ParameterDomain.Categorical("True", "False"),
            ["cut"] = ParameterDomain.Categorical("0.5", "1", "None"),
            ["grid"] = ParameterDomain.Real(0, 1, step: 0.1),
        }));
    }

    [Test]
    public async Task The_search_goes_on_from_what_was_imported()
    {
        Study study = (await _studies.ImportOptunaAsync(_optuna, "svm", new() { Sampler = new TpeSampler(), Seed = 1 }, name: "here")).Study;

        StudyProgress progress = await study.OptimizeAsync(
            static (trial, _) => Task.FromResult(
                trial.SuggestDouble("C", 1e-3, 100, log: true) + trial.SuggestInt("degree", 1, 9, step: 2) + trial.SuggestCategorical("kernel", "linear", "rbf").Length
                + (trial.SuggestCategorical("shrink", true, false) ? 1 : 0)),
            new() { TotalTrials = 8 });

        Assert.That((study.Name, progress.Completed, progress.Finished), Is.EqualTo(("here", 5, 8)));
    }

    [Test]
    public async Task Importing_again_adds_what_has_finished_since()
    {
        await _studies.ImportOptunaAsync(_optuna, "svm");
        await ExecuteAsync("UPDATE trials SET state = 'COMPLETE', datetime_complete = '2026-03-01 11:00:00' WHERE trial_id = 14; INSERT INTO trial_values VALUES (99, 14, 0, 0.95, 'FINITE')");

        OptunaImport import = await _studies.ImportOptunaAsync(_optuna, "svm");

        Assert.That((import.Added, import.Known, import.Unfinished), Is.EqualTo((1, 4, 1)));
        Assert.That((await import.Study.GetBestAsync()).Value, Is.EqualTo(0.95));
    }

    [Test]
    public async Task A_trial_that_finishes_between_two_reads_comes_with_a_distribution_that_the_first_did_not_have()
    {
        int looks = 0;
        _optuna.CreateFunction("state_of", (long trial, string state) => trial == 14 && looks++ > 0 ? "COMPLETE" : state);
        await ExecuteAsync("""
            INSERT INTO trial_params VALUES (50, 14, 'late', 0.5, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
            INSERT INTO trial_values VALUES (50, 14, 0, 0.95, 'FINITE');
            ALTER TABLE trials RENAME TO all_trials;
            CREATE VIEW trials AS SELECT trial_id, number, study_id, state_of(trial_id, state) AS state, datetime_start, datetime_complete FROM all_trials;
            """);

        OptunaImport import = await _studies.ImportOptunaAsync(_optuna, "svm");

        Assert.That((import.Added, import.Unfinished), Is.EqualTo((5, 1)));
        Assert.That((await import.Study.GetBestAsync()).Get<double>("late"), Is.EqualTo(0.5));
        Assert.That((await _studies.GetAsync("svm")).Space.Parameters["late"], Is.EqualTo(ParameterDomain.Real(0, 1)));
    }

    [Test]
    public async Task What_cannot_be_read_is_told_with_what_was_seen()
    {
        await Assert.ThatAsync(() => _studies.ImportOptunaAsync(_optuna, "nobody"), Throws.TypeOf<OptunaImportException>().With.Message.Contains("svm"));

        await ExecuteAsync("UPDATE trial_params SET distribution_json = '{\"name\": \"Odd\", \"attributes\": {}}' WHERE param_id = 1");
        await Assert.ThatAsync(() => _studies.ImportOptunaAsync(_optuna, "svm"), Throws.TypeOf<OptunaImportException>().With.Message.Contains("'C' of trial 0"));
        Assert.That(await _studies.ListAsync(), Is.Empty, "nothing was created");

        await ExecuteAsync("UPDATE version_info SET schema_version = 13");
        await Assert.ThatAsync(() => _studies.ImportOptunaAsync(_optuna, "svm"), Throws.TypeOf<OptunaImportException>().With.Message.Contains("13"));

        await ExecuteAsync("DROP TABLE version_info");
        await Assert.ThatAsync(() => _studies.ImportOptunaAsync(_optuna, "svm"), Throws.TypeOf<OptunaImportException>().With.InnerException.InstanceOf<SqliteException>());
    }

    private async Task ExecuteAsync(string sql)
    {
        await using SqliteCommand command = _optuna.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
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
}
