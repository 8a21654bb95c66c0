using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tuning.Tests;

public sealed class SqliteStudyTests : StudyConformance
{
    private string _folder = null!;

    [OneTimeSetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;

    [OneTimeTearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    private static readonly string[] AskedOften =
    [
        TuningStore.History,
        TuningStore.Running,
        TuningStore.Reporting,
        TuningStore.OutcomeReports,
        TuningStore.Blocking,
        TuningStore.Next,
        TuningStore.TakeNextNumber,
        TuningStore.CountRunning,
        TuningStore.LostLongest,
        TuningStore.LostLowest,
    ];

    /// <summary>What every ask looks at must not grow with the study: a search by the study alone, or by a range of numbers, would be of all its trials.</summary>
    [TestCaseSource(nameof(AskedOften))]
    public async Task An_ask_finds_what_it_looks_at_by_an_index(string sql)
    {
        List<string> plan = await PlanAsync(sql);

        Assert.That(plan, Has.Some.StartsWith("SEARCH tuning_"));
        Assert.That(plan.Where(LooksAtAllTrials), Is.Empty);
    }

    private async Task<List<string>> PlanAsync(string sql)
    {
        await using Database database = Create("plans");
        await using var studies = new Studies(database);
        await (await studies.OpenAsync("s", Direction.Minimize)).OptimizeAsync(static (trial, _) => Task.FromResult<double>(trial.Number), new() { TotalTrials = 3 });
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "plans")}.db;Pooling=False");
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"EXPLAIN QUERY PLAN {sql}";
        foreach (string name in Regex.Matches(sql, "@[a-z]+").Select(static match => match.Value).Distinct())
        {
            command.Parameters.AddWithValue(name, 1);
        }

        List<string> plan = [];
        await using SqliteDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(3));
        }

        return plan;
    }

    /// <summary>Only the index of running trials may be searched by the study alone: it has no others.</summary>
    private static bool LooksAtAllTrials(string step) =>
        step.StartsWith("SCAN tuning", StringComparison.Ordinal)
        || step.Contains("autoindex_tuning_trial_1 (study_id=?", StringComparison.Ordinal)
        || (step.Contains("(study_id=?)", StringComparison.Ordinal) && !step.Contains(" tuning_trial_running ", StringComparison.Ordinal));

    [TestCase("SELECT number FROM tuning_trial WHERE study_id = @study ORDER BY number", true)]
    [TestCase("SELECT number FROM tuning_trial NOT INDEXED", true)]
    [TestCase("SELECT number FROM tuning_trial INDEXED BY tuning_trial_state WHERE study_id = @study", true)]
    [TestCase("SELECT sequence FROM tuning_pause WHERE study_id = @study", true)]
    [TestCase("SELECT number FROM tuning_trial INDEXED BY tuning_trial_running WHERE study_id = @study AND state = 1", false)]
    [TestCase("SELECT sequence FROM tuning_pause WHERE study_id = @study AND sequence > @after", false)]
    public async Task A_plan_that_looks_at_all_trials_is_told_from_one_that_does_not(string sql, bool looksAtAll) =>
        Assert.That((await PlanAsync(sql)).Exists(LooksAtAllTrials), Is.EqualTo(looksAtAll));

    protected override Database Create(string test) => new SqliteDatabase($"Data Source={Path.Combine(_folder, test)}.db");
}
