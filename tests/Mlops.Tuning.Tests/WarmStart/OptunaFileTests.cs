using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Mlops.Tuning.Tests;

/// <summary>Tables that Optuna itself has written: <c>tests/reference/tuning/optuna/write.py</c>.</summary>
public sealed class OptunaFileTests
{
    private SqliteFile _file = null!;
    private Studies _studies = null!;
    private SqliteConnection _optuna = null!;

    [SetUp]
    public async Task Open()
    {
        _file = new SqliteFile();
        _studies = new Studies(_file.Database);
        _optuna = new SqliteConnection("Data Source=:memory:;Foreign Keys=False"); // the script fills children first
        await _optuna.OpenAsync();
        await ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "reference", "tuning", "optuna", "optuna-3.1.0.sql")));
    }

    [TearDown]
    public async Task Close()
    {
        await _optuna.DisposeAsync();
        await _studies.DisposeAsync();
        await _file.DisposeAsync();
    }

    [Test]
    public async Task A_study_of_one_objective_comes_with_its_space_states_values_and_reports()
    {
        OptunaImport import = await _studies.ImportOptunaAsync(_optuna, "svm");

        Assert.That((import.Added, import.Known, import.Unfinished), Is.EqualTo((9, 0, 2)));
        Assert.That(import.Study.Directions, Is.EqualTo(new[] { Direction.Maximize }));
        Assert.That(import.Study.Space.Parameters, Is.EquivalentTo(new Dictionary<string, ParameterDomain>
        {
            ["C"] = ParameterDomain.Real(1e-3, 10, log: true),
            ["kernel"] = ParameterDomain.Categorical("linear", "rbf", "None", "True", "3", "0.5"),
            ["degree"] = ParameterDomain.Whole(1, 9, step: 2),
            ["leaf"] = ParameterDomain.Whole(1, 128, log: true),
            ["grid"] = ParameterDomain.Real(0, 1, step: 0.1),
            ["single"] = ParameterDomain.Real(2.5, 2.5),
        }));

        List<TrialRecord> trials = await AllAsync(import.Study);
        TrialState[] states =
        [
            TrialState.Completed, TrialState.Completed, TrialState.Completed, TrialState.Pruned, TrialState.Failed, TrialState.Failed, TrialState.Failed, TrialState.Failed, TrialState.Completed,
        ];
        Assert.That(trials.Select(static trial => trial.State), Is.EqualTo(states));
        Assert.That((trials[0].Get<double>("C"), trials[0].Get<string>("kernel"), trials[0].Value), Is.EqualTo((2.5, "rbf", (double?)3.5)));
        Assert.That(trials[4].Reason, Is.EqualTo("Failed in Optuna."));
        Assert.That(trials[5].Reason, Does.Contain("Infinity"));
        Assert.That(trials[6].Reason, Does.Contain("-Infinity"));
        Assert.That(
            await import.Study.GetReportsAsync(0),
            Is.EqualTo(new TrialReport[] { new(0, 0.25), new(1, double.NaN), new(3, double.PositiveInfinity), new(4, double.NegativeInfinity), new(7, 3.5) }));
        Assert.That(trials[0].Started, Is.LessThanOrEqualTo(trials[0].Finished!.Value));
    }

    [Test]
    public async Task A_study_of_two_objectives_comes_with_its_constraints()
    {
        OptunaImport import = await _studies.ImportOptunaAsync(_optuna, "two");

        Assert.That(import.Study.Directions, Is.EqualTo(new[] { Direction.Minimize, Direction.Maximize }));
        List<TrialRecord> trials = await AllAsync(import.Study);
        Assert.That(trials, Has.Count.EqualTo(4));
        foreach (TrialRecord trial in trials)
        {
            Assert.That(trial.Values, Is.EqualTo(new[] { trial.Get<double>("x"), trial.Get<double>("y") }));
            Assert.That(trial.Constraints, Is.EqualTo(new Dictionary<string, double> { ["0"] = trial.Get<double>("x") - 0.5, ["1"] = -1 }));
        }
    }

    [Test]
    public async Task Distributions_of_before_Optuna_3_are_read()
    {
        Study study = (await _studies.ImportOptunaAsync(_optuna, "old")).Study;

        Assert.That(study.Space.Parameters, Is.EquivalentTo(new Dictionary<string, ParameterDomain>
        {
            ["u"] = ParameterDomain.Real(0, 1),
            ["lu"] = ParameterDomain.Real(1e-3, 1, log: true),
            ["du"] = ParameterDomain.Real(0, 1, step: 0.1),
            ["iu"] = ParameterDomain.Whole(0, 8, step: 2),
            ["ilu"] = ParameterDomain.Whole(1, 64, log: true),
        }));
        Assert.That((await study.GetBestAsync()).Get<int>("iu"), Is.EqualTo(4));
    }

    // What is done to the first trial, and what is said of it.
    [TestCase("UPDATE trial_params SET param_value = 17 WHERE trial_id = 1 AND param_name = 'kernel'", "'kernel' is 17")]
    [TestCase("UPDATE trial_params SET param_value = 0.5 WHERE trial_id = 1 AND param_name = 'kernel'", "'kernel' is 0.5")]
    [TestCase("UPDATE trial_params SET param_value = NULL WHERE trial_id = 1 AND param_name = 'C'", "'C' is NaN")]
    [TestCase("UPDATE trial_intermediate_values SET step = -1 WHERE trial_id = 1 AND step = 0", "at step -1")]
    [TestCase("UPDATE trial_values SET value = NULL WHERE trial_id = 1", "the values NaN")]
    [TestCase("DELETE FROM trial_values WHERE trial_id = 1", "the values ;")]
    [TestCase("INSERT INTO trial_values VALUES (999, 1, 1, 0.5, 'FINITE')", "the values 3.5, 0.5;")]
    [TestCase("INSERT INTO trial_system_attributes VALUES (999, 1, 'constraints', '[1, NaN]')", "its constraints are no numbers")]
    [TestCase("INSERT INTO trial_system_attributes VALUES (999, 1, 'constraints', '[1,')", "its constraints are no numbers")]
    public async Task A_trial_that_cannot_be_kept_becomes_a_failed_one_that_says_why(string damage, string why)
    {
        await ExecuteAsync(damage);

        OptunaImport import = await _studies.ImportOptunaAsync(_optuna, "svm");

        List<TrialRecord> trials = await AllAsync(import.Study);
        Assert.That(import.Added, Is.EqualTo(9));
        Assert.That((trials[0].State, trials[8].State), Is.EqualTo((TrialState.Failed, TrialState.Completed)));
        Assert.That(trials[0].Reason, Does.Contain(why));
    }

    [Test]
    public async Task A_number_beyond_its_bounds_and_an_infinite_constraint_are_kept()
    {
        await ExecuteAsync("""
            UPDATE trial_params SET param_value = 20 WHERE trial_id = 1 AND param_name = 'C';
            INSERT INTO trial_system_attributes VALUES (999, 1, 'constraints', '{"Infinity, \"NaN\"": Infinity, "b": -Infinity}');
            """);

        TrialRecord trial = (await (await _studies.ImportOptunaAsync(_optuna, "svm")).Study.FindTrialAsync(0))!;

        Assert.That((trial.State, trial.Get<double>("C"), trial.IsFeasible), Is.EqualTo((TrialState.Completed, 20, false)));
        Assert.That(trial.Constraints, Is.EqualTo(new Dictionary<string, double> { ["Infinity, \"NaN\""] = double.MaxValue, ["b"] = double.MinValue }));
    }

    [TestCase("UPDATE trials SET datetime_start = 'yesterday'")]
    [TestCase("UPDATE trials SET number = 'first' WHERE trial_id = 3")]
    [TestCase("ALTER TABLE trial_values DROP COLUMN value_type")]
    [TestCase("DROP TABLE trial_intermediate_values")]
    [TestCase("DELETE FROM study_directions")]
    [TestCase("UPDATE study_directions SET direction = 'NOT_SET'")]
    [TestCase("UPDATE trial_params SET distribution_json = '{\"name\":' WHERE trial_id = 2")]
    [TestCase("UPDATE trial_params SET distribution_json = '[]' WHERE trial_id = 2")]
    [TestCase("UPDATE trial_params SET param_name = '' WHERE trial_id = 2 AND param_name = 'C'")]
    public async Task Tables_that_cannot_be_read_are_told_by_type(string damage)
    {
        await ExecuteAsync(damage);

        await Assert.ThatAsync(() => _studies.ImportOptunaAsync(_optuna, "svm"), Throws.TypeOf<OptunaImportException>().With.Message.Contains("svm"));
    }

    /// <summary>What is held at once does not grow with the study.</summary>
    [Test]
    [NonParallelizable]
    public async Task Ten_thousand_trials_are_imported_in_pages()
    {
        const int Trials = 10_000;
        await ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $$$"""
            INSERT INTO studies VALUES (50, 'large');
            INSERT INTO study_directions VALUES (50, 'MINIMIZE', 50, 0);
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {{{Trials - 1}}})
            INSERT INTO trials SELECT 100000 + i, i, 50, 'COMPLETE', '2026-03-01 10:00:00.000000', '2026-03-01 10:00:01.000000' FROM n;
            INSERT INTO trial_values SELECT trial_id, trial_id, 0, number, 'FINITE' FROM trials WHERE study_id = 50;
            INSERT INTO trial_params SELECT trial_id, trial_id, 'x', number / 10000.0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}'
            FROM trials WHERE study_id = 50;
            WITH RECURSIVE s(step) AS (SELECT 0 UNION ALL SELECT step + 1 FROM s WHERE step < 9)
            INSERT INTO trial_intermediate_values SELECT trial_id * 10 + step, trial_id, step, number + step, 'FINITE' FROM trials, s WHERE study_id = 50;
            """));
        await _studies.ImportOptunaAsync(_optuna, "svm"); // what is loaded and compiled once
        var scales = new Scales();
        await using var studies = new Studies(_file.Database, timeProvider: scales);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        OptunaImport import = await studies.ImportOptunaAsync(_optuna, "large");

        await TestContext.Out.WriteLineAsync($"{scales.Most - before} bytes at most of {scales.Weighings} weighings");
        Assert.That((import.Added, import.Known), Is.EqualTo((Trials, 0)));
        Assert.That(scales.Weighings, Is.GreaterThanOrEqualTo(10));
        Assert.That(scales.Most - before, Is.LessThan(3_000_000), "a hundred thousand reports are more than that");
        TrialRecord last = (await import.Study.FindTrialAsync(Trials - 1))!;
        Assert.That((last.Value, last.Get<double>("x"), last.LastReport), Is.EqualTo(((double?)(Trials - 1), (Trials - 1) / 10000.0, (TrialReport?)new TrialReport(9, Trials + 8))));
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

    /// <summary>A clock that weighs what is held whenever somebody looks at it, as an import does with each page in its hands.</summary>
    private sealed class Scales : TimeProvider
    {
        public int Weighings { get; private set; }

        public long Most { get; private set; }

        public override long GetTimestamp()
        {
            Weighings++;
            Most = Math.Max(Most, GC.GetTotalMemory(forceFullCollection: true));
            return base.GetTimestamp();
        }
    }
}
