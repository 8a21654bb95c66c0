using System.Net;
using System.Text.RegularExpressions;
using Mlops.Storage.Sqlite;

namespace Mlops.Tests.Samples;

/// <summary>The sample as its README has it used: by its page, over a restart.</summary>
[TestFixture]
[NonParallelizable]
[Platform(Exclude = "Win", Reason = "Ends the process by a signal.")]
public sealed partial class NightlyRetrainTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-nightly").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Nights_wait_for_a_decision_on_the_page_over_a_restart_and_are_caught_up_with_once()
    {
        await using (NightlyProcess first = await NightlyProcess.StartAsync(_folder))
        {
            string asked = await SeeAsync(first, static page => page.Contains("as the first?", StringComparison.Ordinal));
            Assert.That(Runs(asked), Has.Count.EqualTo(1), "the next night waits for the decision");
            using HttpResponseMessage forged = await DecideAsync(first, Form(asked), withToken: false);
            Assert.That(forged.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(await first.StopAsync(), Is.Zero);
        }

        await using NightlyProcess second = await NightlyProcess.StartAsync(_folder);
        string page = await SeeAsync(second, static page => page.Contains("as the first?", StringComparison.Ordinal));
        using HttpResponseMessage approved = await DecideAsync(second, Form(page), withToken: true);
        Assert.That((approved.StatusCode, approved.Headers.Location?.ToString()), Is.EqualTo((HttpStatusCode.Redirect, "/")));
        page = await FinishAsync(second, page);

        Assert.That(Runs(page), Has.Count.AtLeast(2));
        string night = await second.Client.GetStringAsync($"/nights/{Runs(page)[^1].Id}");
        Assert.That(night, Does.Contain("<svg").And.Contain("promote").And.Contain("version 1"));
        using HttpResponseMessage unknown = await second.Client.GetAsync("/nights/12345");
        Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await second.StopAsync(), Is.Zero);

        // A night whose hour strikes during the test would be the schedule's own.
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(_folder, "mlops.db")}");
        Assert.That(await CountAsync(database, "orchestration_backfill"), Is.EqualTo(1));
        Assert.That(await CountAsync(database, "orchestration_run WHERE backfill IS NOT NULL AND state = 2"), Is.EqualTo(2), "both succeeded");
        Assert.That(await CountAsync(database, "registry_alias_change WHERE number = 1"), Is.EqualTo(1));
    }

    /// <summary>Approves what else is asked, until no run is open.</summary>
    private static async Task<string> FinishAsync(NightlyProcess nights, string answered)
    {
        string question = Form(answered).Path;
        while (true)
        {
            string page = await SeeAsync(
                nights,
                page => (page.Contains("<form", StringComparison.Ordinal) && Form(page).Path != question)
                    || (Runs(page).Count > 1 && Runs(page).All(static run => run.State != "Running")));
            if (!page.Contains("<form", StringComparison.Ordinal))
            {
                return page;
            }

            question = Form(page).Path;
            using HttpResponseMessage approved = await DecideAsync(nights, Form(page), withToken: true);
            Assert.That(approved.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        }
    }

    private static async Task<string> SeeAsync(NightlyProcess nights, Func<string, bool> holds)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            string page = await nights.Client.GetStringAsync("/", limit.Token);
            if (holds(page))
            {
                return page;
            }

            await Task.Delay(100, limit.Token);
        }
    }

    private static async Task<HttpResponseMessage> DecideAsync(NightlyProcess nights, (string Path, string Token, string Step) form, bool withToken)
    {
        Dictionary<string, string> fields = new() { ["step"] = form.Step, ["approve"] = "true" };
        if (withToken)
        {
            fields.Add("__RequestVerificationToken", form.Token);
        }

        using var content = new FormUrlEncodedContent(fields);
        return await nights.Client.PostAsync(form.Path, content);
    }

    private static (string Path, string Token, string Step) Form(string page)
    {
        Match form = FormPattern().Match(page);
        Assert.That(form.Success, Is.True, page);
        return (form.Groups[1].Value, form.Groups[2].Value, form.Groups[3].Value);
    }

    private static List<(string Id, string State)> Runs(string page) =>
        [.. RunPattern().Matches(page).Select(static row => (row.Groups[1].Value, row.Groups[2].Value))];

    private static async Task<long> CountAsync(SqliteDatabase database, string from) =>
        (await database.QueryAsync($"SELECT count(*) FROM {from}", static row => row.GetInt64(0), CancellationToken.None)).Single();

    [GeneratedRegex("action=\"(/nights/\\d+/decision)\">\\s*<input type=\"hidden\" name=\"__RequestVerificationToken\" value=\"([^\"]+)\"><input type=\"hidden\" name=\"step\" value=\"([^\"]+)\"", RegexOptions.None, 1_000)]
    private static partial Regex FormPattern();

    [GeneratedRegex("<a href=\"/nights/(\\d+)\">\\d+</a><td>[-0-9]*<td>(\\w+)<td>", RegexOptions.None, 1_000)]
    private static partial Regex RunPattern();
}
