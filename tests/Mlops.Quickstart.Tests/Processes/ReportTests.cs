using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Quickstart.Tests;

/// <summary>The printed table and the page say what result.json says; the figures are computed again from its days.</summary>
[CancelAfter(120_000)]
[Parallelizable(ParallelScope.Self)]
public sealed partial class ReportTests
{
    private static readonly string[] Lines = ["frozen", "naive", "blind", "managed"];

    private readonly TemporaryFolder _folder = new();
    private string _printed = "";
    private string _page = "";
    private XElement[] _drawings = [];
    private JsonElement[] _days = [];
    private JsonElement[] _decisions = [];
    private JsonElement[] _windows = [];

    [OneTimeSetUp]
    public async Task ReportAgain()
    {
        string folder = _folder.PathTo("again");
        ShortRuns.Copy(await ShortRuns.LaterAsync(), folder);
        QuickstartOutcome outcome = await QuickstartProcess.ReplayAsync(ShortRuns.LaterData, folder);
        _printed = outcome.Output;
        _page = await File.ReadAllTextAsync(Path.Combine(folder, "report.html"));
        _drawings = [.. DrawingPattern().Matches(_page).Select(static match => XElement.Parse(match.Value))];
        using JsonDocument result = JsonDocument.Parse(ShortRuns.ResultOf(folder));
        JsonElement root = result.RootElement.Clone();
        _days = [.. root.GetProperty("days").EnumerateArray()];
        _decisions = [.. root.GetProperty("decisions").EnumerateArray()];
        _windows = [.. root.GetProperty("windows").EnumerateArray()];
    }

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void A_page_that_is_made_again_is_the_same_page() =>
        Assert.That(_page, Is.EqualTo(File.ReadAllText(Path.Combine(ShortRuns.LaterAsync().Result, "report.html"))));

    [Test]
    public void The_table_holds_the_scores_of_the_days()
    {
        foreach ((string period, JsonElement[] days) in Periods())
        {
            string[] cells = Regex.Match(_printed, $@"^{period} +(.*)$", RegexOptions.Multiline).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.That(cells[..8], Is.EqualTo(Lines.SelectMany(line => new[] { MeanError(days, line), ExplainedShare(days, line) })), period);
            Assert.That(cells[8], Is.EqualTo($"{days.Count(static day => day.GetProperty("errorAlarm").GetBoolean())}"), period);
            JsonElement[] runs = [.. _decisions.Where(d => !IsPushed(d) && days.Any(day => DateOf(day, "date") == DateOf(d, "date")))];
            Assert.That(cells[10..13], Is.EqualTo((string[])[$"{runs.Length}", $"{runs.Count(IsPromoted)}", $"{runs.Count(static d => !IsPromoted(d))}"]), period);
        }
    }

    [Test]
    public void The_page_shows_the_same_scores()
    {
        foreach ((string period, JsonElement[] days) in Periods())
        {
            string row = Regex.Match(_page, $"<tr(?: class=\"sum\")?><td>{period}<td.*?</tr>", RegexOptions.Singleline).Value;
            string[] cells = [.. Regex.Matches(row, @"<td class=""[^""]*"">([^<]*)").Select(static match => match.Groups[1].Value)];
            Assert.That(cells[..8], Is.EqualTo(Lines.Reverse().SelectMany(line => new[] { MeanError(days, line), ExplainedShare(days, line) })), period);
        }
    }

    [Test]
    public void The_page_asks_for_nothing_from_elsewhere()
    {
        Assert.That(_page, Does.StartWith("<!doctype html>").And.EndWith("</html>" + Environment.NewLine));
        Assert.That(Regex.Matches(_page, @"<script|<link|<img|<iframe|src=|@import|url\(|https?:", RegexOptions.IgnoreCase), Is.Empty);
        Assert.That(Regex.Matches(_page, @"href=""(?!#)"), Is.Empty, "a link that leaves the page");
    }

    [Test]
    public void Four_lines_are_drawn_and_end_at_their_rolling_error()
    {
        XElement chart = _drawings[0];
        Assert.That(chart.Elements("polyline").Select(static line => line.Attribute("class")!.Value), Is.EquivalentTo(Lines.Select(static line => "line " + line)));
        Assert.That(
            chart.Elements("text").Where(static text => text.Attribute("class")!.Value.StartsWith("label ", StringComparison.Ordinal)).Select(static text => text.Value),
            Is.EquivalentTo(Lines.Select(line => $"{line} {MeanError(_days[^90..], line)}")));
        foreach (XElement line in chart.Elements("polyline"))
            Assert.That(line.Attribute("points")!.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo((_days.Length - 89 + 2) / 3).Within(1));
    }

    [TestCase("error alarm", "errorAlarm")]
    [TestCase("input drift alarm", "featureAlarm")]
    public void Every_day_in_alarm_is_under_a_span_and_no_other_is(string lane, string property)
    {
        HashSet<DateOnly> drawn = [];
        foreach (Match span in Regex.Matches(_drawings[0].ToString(), $@"<title>{lane}, (\S+) to (\S+)</title>"))
        {
            for (DateOnly day = Date(span.Groups[1].Value); day <= Date(span.Groups[2].Value); day = day.AddDays(1))
                drawn.Add(day);
        }

        Assert.That(drawn, Is.EquivalentTo(_days.Where(day => day.GetProperty(property).GetBoolean()).Select(static day => DateOf(day, "date"))));
    }

    [Test]
    public void Every_decision_has_its_mark_its_row_and_its_p()
    {
        Assert.That(
            _drawings[0].Elements("a").Select(static mark => mark.Element("path")!.Attribute("class")!.Value),
            Is.EqualTo(_decisions.Select(static d => IsPromoted(d) ? "promoted" : IsPushed(d) ? "pushed" : "rejected")));
        foreach ((JsonElement decision, XElement mark) in _decisions.Zip(_drawings[0].Elements("a")))
        {
            string row = Regex.Match(_page, $"<tr id=\"{mark.Attribute("href")!.Value[1..]}\">.*?</tr>", RegexOptions.Singleline).Value;
            double p = decision.GetProperty("verdict").GetProperty("pValue").GetDouble();
            Assert.That(row, Does.Contain(decision.GetProperty("date").GetString()!));
            Assert.That(row, Does.Contain(p < 0.001 ? "<td class=\"n\">&lt; 0.001" : $"<td class=\"n\">{Text(p, "F3")}"));
            Assert.That(row, Does.Contain(IsPromoted(decision) ? $"promoted as v{decision.GetProperty("promoted")}" : "rejected"));
        }
    }

    [Test]
    public void Every_window_is_a_cell()
    {
        XElement[] cells = [.. _drawings[1].Elements("rect")];
        Assert.That(cells, Has.Length.EqualTo(_windows.Length));
        Assert.That(
            cells.Count(static cell => cell.Attribute("class")!.Value == "drifted"),
            Is.EqualTo(_windows.Count(static window => window.GetProperty("drifted").GetBoolean())));
    }

    private IEnumerable<(string Period, JsonElement[] Days)> Periods()
    {
        foreach (IGrouping<int, JsonElement> year in _days.GroupBy(static day => DateOf(day, "date").Year))
            yield return ($"{year.Key}", [.. year]);
        yield return ("2006-2010", [.. _days.Where(static day => DateOf(day, "date").Year >= ReplayCommand.JudgedFrom)]);
    }

    private static string MeanError(JsonElement[] days, string line) => Text(days.Average(day => Math.Abs(Number(day, "actual") - Number(day, line))), "F2");

    private static string ExplainedShare(JsonElement[] days, string line)
    {
        double mean = days.Average(static day => Number(day, "actual"));
        double left = days.Sum(day => Math.Pow(Number(day, "actual") - Number(day, line), 2)), all = days.Sum(day => Math.Pow(Number(day, "actual") - mean, 2));
        return Text(1 - (left / all), "F3");
    }

    private static bool IsPushed(JsonElement decision) => decision.GetProperty("origin").GetString() == "Pushed";

    private static bool IsPromoted(JsonElement decision) => decision.GetProperty("promoted").ValueKind == JsonValueKind.Number;

    private static double Number(JsonElement item, string property) => item.GetProperty(property).GetDouble();

    private static DateOnly DateOf(JsonElement item, string property) => Date(item.GetProperty(property).GetString()!);

    private static DateOnly Date(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    [GeneratedRegex("<svg .*?</svg>", RegexOptions.Singleline)]
    private static partial Regex DrawingPattern();
}
