using System.Text.RegularExpressions;
using Mlops.Tests.Readme;

namespace Mlops.Tests;

/// <summary><c>docs/telemetry.md</c> lists what the code measures, neither more nor less.</summary>
[TestFixture]
public sealed partial class TelemetryPageTests
{
    private static readonly string Page = Readmes.Read("docs/telemetry.md");
    private static readonly string Code = string.Concat(
        Directory.EnumerateFiles(Path.Combine(Readmes.Root, "src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));

    [Test]
    public void Every_instrument_is_listed_with_its_unit() =>
        Assert.That(
            Row().Matches(Page).Select(static row => (row.Groups[1].Value, row.Groups[2].Value)),
            Is.EquivalentTo(Instrument().Matches(Code).Select(static call => (call.Groups[1].Value, call.Groups[2].Value))));

    [Test]
    public void Every_tag_is_listed() =>
        Assert.That(Tag().Matches(Code).Select(static tag => tag.Groups[1].Value).Distinct(), Has.Some.EqualTo("mlops.model").And.All.Matches<string>(static tag => Page.Contains($"`{tag}`", StringComparison.Ordinal)));

    [Test]
    public void Every_log_event_lies_in_a_listed_range()
    {
        (int From, int Until)[] ranges = [.. Range().Matches(Page).Select(static row => (int.Parse(row.Groups[1].Value), int.Parse(row.Groups[2].Value)))];
        int[] events = [.. Event().Matches(Code).Select(static call => int.Parse(call.Groups[1].Value))];

        Assert.That(events, Is.Unique.And.Not.Empty);
        Assert.That(events, Has.All.Matches<int>(id => ranges.Any(range => id >= range.From && id <= range.Until)));
    }

    /// <summary>Every event of the packages that are listed event by event.</summary>
    [Test]
    public void Events_are_listed_with_their_level()
    {
        (string Id, string Level)[] listed = [.. EventRow().Matches(Page).Select(static row => (row.Groups[1].Value, row.Groups[2].Value))];

        Assert.That(listed, Has.Some.EqualTo(("3001", "Information")));
        Assert.That(listed, Is.EquivalentTo(Event().Matches(Code).Select(static call => (call.Groups[1].Value, call.Groups[2].Value)).Where(static call => call.Item1[0] is '1' or '2' or '3')));
    }

    [GeneratedRegex(@"^\| `(mlops\.[a-z_.]+)` \| (\S+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("Create[A-Za-z]*(?:Counter|Gauge|Histogram)(?:<[a-z]+>)?\\(\\s*\"(mlops\\.[a-z_.]+)\", [^\"]*?\"([^\"]+)\"")]
    private static partial Regex Instrument();

    // Tags are set from constants or literals on activities and measurements.
    [GeneratedRegex("(?:Tag = |SetTag\\(|object\\?>\\(|\\{ )\"(mlops\\.[a-z_.]+)\"")]
    private static partial Regex Tag();

    [GeneratedRegex(@"^\| (\d{4})-(\d{4}) \|", RegexOptions.Multiline)]
    private static partial Regex Range();

    [GeneratedRegex(@"^\| (\d{4}) \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex EventRow();

    [GeneratedRegex(@"\[LoggerMessage\((\d+), LogLevel\.(\w+)")]
    private static partial Regex Event();
}
