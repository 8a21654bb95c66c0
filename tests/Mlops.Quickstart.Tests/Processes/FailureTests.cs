using System.Globalization;
using Microsoft.Data.Sqlite;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Quickstart.Tests;

/// <summary>What cannot work ends with a sentence, not with a stack trace, and leaves no half result behind.</summary>
[CancelAfter(120_000)]
[Parallelizable(ParallelScope.Self)]
public sealed class FailureTests
{
    private const int Failed = 1;
    private const int Misused = 2;

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task A_PostgreSql_server_that_is_not_there()
    {
        string folder = _folder.PathTo("out");
        await FailsAsync(Failed, "127.0.0.1:1", folder, "--storage", "Host=127.0.0.1;Port=1;Username=nobody;Database=none;Timeout=5");
    }

    [TestCase("nonsense")]
    [TestCase("Host=localhost;Bogus=canary")]
    public async Task A_connection_string_that_does_not_parse(string storage) =>
        await FailsAsync(Misused, "Host=localhost;Username=mlops;Database=mlops", _folder.PathTo("out"), "--storage", storage);

    [Test]
    public async Task A_database_that_another_process_replays_on()
    {
        string folder = await CopyAsync();
        byte[] before = ShortRuns.ResultOf(folder);
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "mlops.db")}");
        await using HeldLease? other = await HeldLease.TryAcquireAsync(new LeaseTable(database), SingleReplay.LeaseName, "other", TimeSpan.FromMinutes(5));
        Assert.That(other, Is.Not.Null);

        QuickstartOutcome outcome = await QuickstartProcess.RunAsync("--data", ShortRuns.LaterData, "--output", folder);

        Assert.That(outcome.ExitCode, Is.EqualTo(Failed), outcome.ToString());
        Assert.That(outcome.Error, Does.Contain("Another process replays").And.Not.Contain("   at "));
        Assert.That(ShortRuns.ResultOf(folder), Is.EqualTo(before));
    }

    [Test]
    public async Task A_replay_that_was_taken_over_while_it_stood_still()
    {
        // Its lease is given to somebody else, as if the process had been frozen for longer; the heir's time is over at once.
        string folder = _folder.PathTo("taken");
        using QuickstartProcess process = QuickstartProcess.Start("--data", ShortRuns.LaterData, "--output", folder);
        Assert.That(await process.ReachesAsync(folder, Preparation.Trials + 20), Is.True, "it ended before it was taken over");
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "mlops.db")};Default Timeout=30;Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"UPDATE mlops_lease SET epoch = epoch + 1, owner = 'heir', until = 0 WHERE name = '{SingleReplay.LeaseName}'";
            Assert.That(command.ExecuteNonQuery(), Is.EqualTo(1));
        }

        int taken = ReplayCursor.Read(folder);
        QuickstartOutcome outcome = await process.WaitAsync();

        Assert.That(outcome.ExitCode, Is.EqualTo(Failed), outcome.ToString());
        Assert.That(outcome.Error, Does.Contain("another one may have taken over").And.Not.Contain("   at "));
        Assert.That(ReplayCursor.Read(folder), Is.InRange(taken - 1, taken), "a day was closed by a process without the right to");
        await QuickstartProcess.ReplayAsync(ShortRuns.LaterData, folder);
        Assert.That(ShortRuns.ResultOf(folder), Is.EqualTo(ShortRuns.ResultOf(await ShortRuns.LaterAsync())));
    }

    [Test]
    public async Task An_output_folder_that_cannot_be_made()
    {
        string file = _folder.PathTo("file");
        File.WriteAllText(file, "no folder");
        string below = Path.Combine(file, "out");
        await FailsAsync(Failed, below, below);
        Assert.That(File.ReadAllText(file), Is.EqualTo("no folder"));
    }

    [Test]
    public async Task A_data_file_with_a_bad_cell()
    {
        string folder = _folder.PathTo("out"), data = _folder.PathTo("bad.csv");
        string[] lines = File.ReadAllLines(ShortRuns.LaterData);
        lines[100] = lines[100].Replace(",", ",x", StringComparison.Ordinal);
        File.WriteAllLines(data, lines);

        await FailsAsync(Failed, "line 101, column 'ridership'", folder, "--data", data);

        Assert.That(Directory.Exists(folder), Is.False, "nothing is made for a file that cannot be read");
    }

    [Test]
    public async Task A_data_file_that_is_not_there() =>
        await FailsAsync(Failed, "missing.csv", _folder.PathTo("out"), "--data", _folder.PathTo("missing.csv"));

    [Test]
    public async Task Data_that_differ_from_what_was_replayed()
    {
        string folder = await CopyAsync(), data = _folder.PathTo("other.csv");
        string[] lines = File.ReadAllLines(ShortRuns.LaterData);
        int changed = Array.FindIndex(lines, static line => line.StartsWith($"{ShortData.Earlier.AddDays(-10):yyyy-MM-dd}", StringComparison.Ordinal));
        string[] cells = lines[changed].Split(',');
        cells[8] = "99.9";
        lines[changed] = string.Join(',', cells);
        File.WriteAllLines(data, lines);

        await FailsAsync(Failed, $"{cells[0]} differs from what was replayed before", folder, "--data", data);
    }

    [Test]
    public async Task A_database_of_newer_code([Values("quickstart", "storage")] string feature)
    {
        string folder = await CopyAsync();
        Assert.That(Change(folder, "UPDATE mlops_schema SET version = 99, oldest_code = 99 WHERE feature = @value", feature), Is.EqualTo(1));
        await FailsAsync(Failed, $"'{feature}' needs code of schema version 99", folder);
    }

    [Test]
    public async Task A_file_that_is_no_database()
    {
        string folder = _folder.PathTo("out");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "mlops.db"), new string('x', 10_000));
        await FailsAsync(Failed, "not a database", folder);
    }

    [Test]
    public async Task The_champions_file_changed_on_disk()
    {
        string folder = await CopyAsync();
        string file = ArtifactOf(folder, "SELECT lower(hex(v.hash)) FROM registry_alias a JOIN registry_version v ON v.model = a.model AND v.number = a.number WHERE a.alias = @value");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 0xFF;
        File.WriteAllBytes(file, bytes);
        await FailsAsync(Failed, Path.GetFileName(file), folder);
    }

    [Test]
    public async Task The_champions_file_gone()
    {
        string folder = await CopyAsync();
        string file = ArtifactOf(folder, "SELECT lower(hex(v.hash)) FROM registry_alias a JOIN registry_version v ON v.model = a.model AND v.number = a.number WHERE a.alias = @value");
        File.Delete(file);
        await FailsAsync(Failed, Path.GetFileName(file), folder);
    }

    [TestCase("--wat", "'--wat'")]
    [TestCase("explain|2010-2-3", "'2010-2-3'")]
    [TestCase("explain", "'explain'")]
    [TestCase("--output", "'--output'")]
    public async Task A_senseless_command_line(string line, string named)
    {
        QuickstartOutcome outcome = await QuickstartProcess.RunAsync(line.Split('|'));
        AssertFailed(outcome, Misused, named);
        Assert.That(outcome.Error, Does.Contain("usage:"));
    }

    [Test]
    public async Task Explaining_before_there_is_a_replay()
    {
        string folder = _folder.PathTo("out");
        QuickstartOutcome outcome = await QuickstartProcess.RunAsync("explain", "2010-02-03", "--data", ShortRuns.LaterData, "--output", folder);
        Assert.That(outcome.ExitCode, Is.EqualTo(Failed));
        Assert.That(outcome.Output, Does.Contain(folder).And.Contain("no replay"));
        Assert.That(outcome.Error, Is.Empty);
        Assert.That(Directory.Exists(folder), Is.False);
    }

    /// <summary>Goes on with <paramref name="folder"/> by more days than it has, so that a run that wrongly succeeds changes the result.</summary>
    private static async Task FailsAsync(int exitCode, string named, string folder, params string[] more)
    {
        Dictionary<string, string> before = ResultsIn(folder);
        string[] data = more.Contains("--data") ? [] : ["--data", ShortRuns.LaterData];

        AssertFailed(await QuickstartProcess.RunAsync([.. data, "--output", folder, .. more]), exitCode, named);

        Assert.That(ResultsIn(folder), Is.EqualTo(before), "a result or report was written");
    }

    private static void AssertFailed(QuickstartOutcome outcome, int exitCode, string named)
    {
        Assert.That(outcome.ExitCode, Is.EqualTo(exitCode), outcome.ToString());
        Assert.That(outcome.Error, Does.Contain(named));
        Assert.That(outcome.Error, Does.Not.Contain("   at ").And.Not.Contain("Unhandled"), "a stack trace");
    }

    private static Dictionary<string, string> ResultsIn(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "re*.*").ToDictionary(static file => file, File.ReadAllText)
        : [];

    private async Task<string> CopyAsync()
    {
        string folder = _folder.PathTo("copy");
        ShortRuns.Copy(await ShortRuns.EarlierAsync(), folder);
        return folder;
    }

    private static string ArtifactOf(string folder, string sql)
    {
        string hash = Execute(folder, sql, RidershipModels.Alias, static command => (string)command.ExecuteScalar()!);
        return Directory.EnumerateFiles(folder, hash, SearchOption.AllDirectories).Single();
    }

    private static int Change(string folder, string sql, string value) => Execute(folder, sql, value, static command => command.ExecuteNonQuery());

    private static T Execute<T>(string folder, string sql, string value, Func<SqliteCommand, T> execute)
    {
        using var connection = new SqliteConnection(string.Create(CultureInfo.InvariantCulture, $"Data Source={Path.Combine(folder, "mlops.db")};Pooling=False"));
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("@value", value);
        return execute(command);
    }
}
