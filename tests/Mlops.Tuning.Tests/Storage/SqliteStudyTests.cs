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
        TuningStore.Running,
        TuningStore.Reporting,
        TuningStore.OutcomeReports,
        TuningStore.Blocking,
        TuningStore.TakeNextNumber,
    ];

    /// <summary>What every ask looks at must not grow with the study: a search by the study alone, or by a range of numbers, would be of all its trials.</summary>
    [TestCaseSource(nameof(AskedOften))]
    public async Task An_ask_finds_what_it_looks_at_by_an_index(string sql)
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

        Assert.That(plan, Has.Some.StartsWith("SEARCH tuning_"));
        Assert.That(plan.Where(static step => step.StartsWith("SCAN tuning", StringComparison.Ordinal) || step.Contains("autoindex_tuning_trial_1 (study_id=?", StringComparison.Ordinal)), Is.Empty);
    }

    protected override Database Create(string test) => new SqliteDatabase($"Data Source={Path.Combine(_folder, test)}.db");
}
