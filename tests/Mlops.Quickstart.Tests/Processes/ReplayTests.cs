using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mlops.Drift;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite;

namespace Quickstart.Tests;

/// <summary>What the replay writes depends on the data up to each day, and on nothing else.</summary>
[CancelAfter(180_000)]
[Parallelizable(ParallelScope.Self)]
public sealed class ReplayTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task The_short_run_holds_everything_that_the_other_tests_need()
    {
        using JsonDocument result = ResultIn(await ShortRuns.EarlierAsync()), later = ResultIn(await ShortRuns.LaterAsync());
        JsonElement[] decisions = [.. result.RootElement.GetProperty("decisions").EnumerateArray()];

        Assert.That(decisions.Count(IsAccepted), Is.Positive, "promotions");
        Assert.That(decisions.Count(static decision => !IsPushed(decision) && !IsAccepted(decision)), Is.Positive, "rejections");
        Assert.That(IsAccepted(decisions.Single(IsPushed)), Is.False, "shuffled labels were promoted");
        Assert.That(result.RootElement.GetProperty("windows").GetArrayLength(), Is.Positive, "windows");
        Assert.That(later.RootElement.GetProperty("decisions").EnumerateArray().Count(IsAccepted), Is.GreaterThan(decisions.Count(IsAccepted)));
    }

    [Test]
    public async Task Days_that_the_file_does_not_have_yet_change_nothing()
    {
        string[] folders = await Task.WhenAll(ShortRuns.EarlierAsync(), ShortRuns.LaterAsync());
        using JsonDocument earlier = ResultIn(folders[0]), later = ResultIn(folders[1]);
        int days = earlier.RootElement.GetProperty("days").GetArrayLength();

        Assert.That(days, Is.EqualTo(ShortData.Earlier.DayNumber - ShortData.Resumes.DayNumber + 1));
        Assert.That(Texts(later, "hyperparameters"), Is.EqualTo(Texts(earlier, "hyperparameters")));
        Assert.That(Texts(later, "days").Take(days), Is.EqualTo(Texts(earlier, "days")));
        Assert.That(Texts(later, "decisions", static decision => decision.GetProperty("date")), Is.EqualTo(Texts(earlier, "decisions")));
        Assert.That(Texts(later, "windows", static window => window.GetProperty("to")), Is.EqualTo(Texts(earlier, "windows")));
        Assert.That(ManagedOf(later, 2009), Is.EqualTo(ManagedOf(earlier, 2009)), "the year that both have whole");
    }

    [Test]
    public async Task Days_that_are_appended_to_the_file_continue_the_replay_as_if_they_had_always_been_there()
    {
        string folder = _folder.PathTo("continued");
        ShortRuns.Copy(await ShortRuns.EarlierAsync(), folder);

        QuickstartOutcome outcome = await QuickstartProcess.ReplayAsync(ShortRuns.LaterData, folder);

        Assert.That(ShortRuns.ResultOf(folder), Is.EqualTo(ShortRuns.ResultOf(await ShortRuns.LaterAsync())));

        // Somebody else asked all the time, across the promotion that these days hold.
        Match asked = Regex.Match(outcome.Output, @"asked (\d+) times and was answered by (\d+) versions; 0 requests failed");
        Assert.That(asked.Success, Is.True, outcome.Output);
        Assert.That(int.Parse(asked.Groups[1].Value, CultureInfo.InvariantCulture), Is.GreaterThan(ShortData.Later.DayNumber - ShortData.Earlier.DayNumber));
        Assert.That(int.Parse(asked.Groups[2].Value, CultureInfo.InvariantCulture), Is.GreaterThanOrEqualTo(2));
        Assert.That(outcome.Output, Does.Contain($"Open   {Path.Combine(folder, "report.html")}").And.Contain("-- explain "));
    }

    [Test]
    public async Task Candidates_are_trained_without_the_days_that_judge_them_and_watched_by_season()
    {
        string folder = _folder.PathTo("versions");
        ShortRuns.Copy(await ShortRuns.LaterAsync(), folder);
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "mlops.db")}");
        await using var registry = new ModelRegistry(database, new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder)));
        var references = new DriftStore(database);
        using JsonDocument result = ResultIn(folder);

        foreach (JsonElement decision in result.RootElement.GetProperty("decisions").EnumerateArray().Where(static d => !IsPushed(d)))
        {
            ModelVersion candidate = await registry.GetAsync(ModelReference.ToVersion(RidershipModels.Name, decision.GetProperty("candidate").GetInt32()));
            DateOnly day = DateOnly.ParseExact(decision.GetProperty("date").GetString()!, "yyyy-MM-dd");

            // When a day's pipeline runs, the newest label is that of the day before yesterday; the 28 days up to it judge.
            Assert.That(
                DateOnly.ParseExact(candidate.Tags[RidershipModels.UntilTag], "yyyy-MM-dd"), Is.EqualTo(Before(day, RetrainPolicy.HoldOutDays + 2)), $"candidate of {day}");
        }

        int[] served = [.. result.RootElement.GetProperty("days").EnumerateArray().Select(static d => d.GetProperty("version").GetInt32()).Distinct()];
        Assert.That(served, Has.Length.GreaterThan(1));
        foreach (int number in served)
        {
            ModelVersion version = await registry.GetAsync(ModelReference.ToVersion(RidershipModels.Name, number));
            ServedReference? reference = await references.FindAsync(RideSchema.Monitor, version.Hash.ToString());
            Assert.That((reference?.Profile?.Season, reference?.ErrorBaseline is null), Is.EqualTo(((Season?)Season.Month, false)), $"version {number}");
        }

        // The file of the short run leaves out the days between its two stretches.
        static DateOnly Before(DateOnly day, int labelledDays)
        {
            int inside = int.Min(labelledDays, day.DayNumber - ShortData.Resumes.DayNumber);
            return inside == labelledDays ? day.AddDays(-labelledDays) : RideHistory.ReplayStart.AddDays(inside - labelledDays);
        }
    }

    [Test]
    public async Task The_count_of_the_last_day_is_not_known_to_any_line_that_predicts_it()
    {
        string folder = _folder.PathTo("changed"), data = _folder.PathTo("changed.csv");
        string[] lines = [.. ShortData.Until(ShortData.Later)];
        string[] cells = lines[^1].Split(',');
        cells[1] = "99.5";
        lines[^1] = string.Join(',', cells);
        File.WriteAllLines(data, lines);
        ShortRuns.Copy(await ShortRuns.EarlierAsync(), folder);

        await QuickstartProcess.ReplayAsync(data, folder);

        using JsonDocument changed = ResultIn(folder), original = ResultIn(await ShortRuns.LaterAsync());
        Assert.That(Texts(changed, "days")[..^1], Is.EqualTo(Texts(original, "days")[..^1]));
        JsonElement last = changed.RootElement.GetProperty("days").EnumerateArray().Last(), before = original.RootElement.GetProperty("days").EnumerateArray().Last();
        Assert.That(last.GetProperty("actual").GetDouble(), Is.EqualTo(99.5), "the change took");
        Assert.That(
            last.EnumerateObject().Where(static property => property.Name != "actual").Select(static property => property.Value.GetRawText()),
            Is.EqualTo(before.EnumerateObject().Where(static property => property.Name != "actual").Select(static property => property.Value.GetRawText())));
        Assert.That(Texts(changed, "decisions"), Is.EqualTo(Texts(original, "decisions")));
        Assert.That(Texts(changed, "windows"), Is.EqualTo(Texts(original, "windows")));
    }

    [Test]
    public async Task PostgreSql_gives_the_bytes_that_Sqlite_gives()
    {
        string folder = _folder.PathTo("postgresql");

        await QuickstartProcess.ReplayAsync(ShortRuns.LaterData, folder, "--storage", PostgreSqlServer.CreateDatabase());

        Assert.That(ShortRuns.ResultOf(folder), Is.EqualTo(ShortRuns.ResultOf(await ShortRuns.LaterAsync())));
        Assert.That(File.Exists(Path.Combine(folder, "mlops.db")), Is.False, "it ran on SQLite");
    }

    private static JsonDocument ResultIn(string folder) => JsonDocument.Parse(ShortRuns.ResultOf(folder));

    private static bool IsAccepted(JsonElement decision) => decision.GetProperty("accepted").GetBoolean();

    private static bool IsPushed(JsonElement decision) => decision.GetProperty("origin").GetString() == "Pushed";

    /// <summary>The property's items as they are written, those dated after <see cref="ShortData.Earlier"/> left out.</summary>
    private static string[] Texts(JsonDocument result, string property, Func<JsonElement, JsonElement>? date = null)
    {
        JsonElement value = result.RootElement.GetProperty(property);
        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Where(item => date is null || DateOnly.ParseExact(date(item).GetString()!, "yyyy-MM-dd") <= ShortData.Earlier).Select(static item => item.GetRawText())]
            : [value.GetRawText()];
    }

    private static string ManagedOf(JsonDocument result, int year) =>
        result.RootElement.GetProperty("years").EnumerateArray().Single(item => item.GetProperty("period").GetString() == $"{year}").GetRawText();
}
