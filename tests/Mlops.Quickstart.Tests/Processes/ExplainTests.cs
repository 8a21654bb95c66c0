using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Quickstart.Tests;

[CancelAfter(120_000)]
[Parallelizable(ParallelScope.Self)]
public sealed partial class ExplainTests
{
    private readonly TemporaryFolder _folder = new();

    private string _replay = "";

    [OneTimeSetUp]
    public async Task CopyReplay()
    {
        _replay = _folder.PathTo("replay");
        ShortRuns.Copy(await ShortRuns.LaterAsync(), _replay);
    }

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task The_day_of_a_promoted_version_leads_to_its_run_data_and_decision()
    {
        using JsonDocument result = JsonDocument.Parse(ShortRuns.ResultOf(_replay));
        JsonElement decision = result.RootElement.GetProperty("decisions").EnumerateArray().Last(static d => d.GetProperty("accepted").GetBoolean());
        int promoted = decision.GetProperty("promoted").GetInt32();
        JsonElement day = result.RootElement.GetProperty("days").EnumerateArray().First(d => d.GetProperty("version").GetInt32() == promoted);
        JsonElement verdict = decision.GetProperty("verdict");

        string text = await ExplainAsync(day.GetProperty("date").GetString()!);

        Assert.That(text, Does.Contain($"predicted {Three(day.GetProperty("managed"))} thousand entries, counted {Three(day.GetProperty("actual"))}"));
        Assert.That(text, Does.Match(@"\n  prediction  [0-9a-f]{32}\n"));
        Assert.That(text, Does.Match($@"\n  version     ridership/{promoted}, SHA-256 [0-9a-f]{{64}}\n"));
        Assert.That(text, Does.Match(@"\n  run         [0-9a-f]{32}\n"));
        Assert.That(text, Does.Match(@"\n  data        730 days, \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d, SHA-256 [0-9a-f]{64}\n"));
        Assert.That(text, Does.Contain(
            $"decision    {decision.GetProperty("date").GetString()}: candidate ridership/{decision.GetProperty("candidate")} against ridership/{decision.GetProperty("champion")},"));
        Assert.That(text, Does.Contain($"mean error {Three(verdict.GetProperty("candidateError"))} against {Three(verdict.GetProperty("championError"))}"));
        double p = verdict.GetProperty("pValue").GetDouble();
        Assert.That(text, Does.Contain(p < 0.001 ? "p < 0.001" : string.Create(CultureInfo.InvariantCulture, $"p = {p:F3}")));
        Assert.That(text, Does.Contain($"because     {decision.GetProperty("trigger").GetString()}"));
    }

    [Test]
    public async Task The_data_of_a_version_end_before_the_day_that_it_was_promoted_on()
    {
        using JsonDocument result = JsonDocument.Parse(ShortRuns.ResultOf(_replay));
        JsonElement decision = result.RootElement.GetProperty("decisions").EnumerateArray().First(static d => d.GetProperty("accepted").GetBoolean());
        DateOnly promoted = Date(decision.GetProperty("date").GetString()!);

        string text = await ExplainAsync($"{promoted.AddDays(1):yyyy-MM-dd}");

        Assert.That(Date(UntilPattern().Match(text).Groups[1].Value), Is.LessThan(promoted));
    }

    [Test]
    public async Task The_first_version_had_nothing_to_be_compared_with()
    {
        string text = await ExplainAsync($"{ShortData.Resumes:yyyy-MM-dd}");
        Assert.That(text, Does.Contain("version     ridership/1,").And.Contain("2001-01-22 to 2003-12-31").And.Contain("the first version"));
    }

    [Test]
    public async Task The_count_of_the_last_day_is_not_known_yet() =>
        Assert.That(await ExplainAsync($"{ShortData.Later:yyyy-MM-dd}"), Does.Contain("label not known yet"));

    [TestCase("2008-06-01", Description = "not in the file")]
    [TestCase("2010-05-06", Description = "after its end")]
    public async Task A_day_that_was_not_predicted_is_refused(string date)
    {
        QuickstartOutcome outcome = await QuickstartProcess.RunAsync("explain", date, "--data", ShortRuns.LaterData, "--output", _replay);
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Output, Does.Contain($"no prediction for {date}"));
        Assert.That(outcome.Error, Is.Empty);
    }

    private async Task<string> ExplainAsync(string date)
    {
        QuickstartOutcome outcome = await QuickstartProcess.RunAsync("explain", date, "--data", ShortRuns.LaterData, "--output", _replay);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.ToString());
        Assert.That(outcome.Error, Is.Empty);
        Assert.That(outcome.Output, Does.StartWith(date));
        return outcome.Output.ReplaceLineEndings("\n");
    }

    private static DateOnly Date(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd");

    private static string Three(JsonElement value) => value.GetDouble().ToString("F3", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"data        \d+ days, \S+ to (\S+),")]
    private static partial Regex UntilPattern();
}
