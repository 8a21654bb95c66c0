using System.Collections.Concurrent;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Tracking.Tests.Search;

/// <summary>A database of Turkish rules, where the small letter of I is another one.</summary>
[TestFixture]
public sealed class PostgreSqlLocaleTests : TrackingSuite
{
    private static readonly ConcurrentDictionary<string, string> Databases = new(StringComparer.Ordinal);

    protected override Database Create(string folder) => new PostgreSqlDatabase(Databases.GetOrAdd(folder, static _ => PostgreSqlServer.CreateDatabase("tr")));

    [TestCase("run_name")]
    [TestCase("params.k")]
    [TestCase("tags.k")]
    [TestCase("datasets.name")]
    public async Task ILIKE_ignores_the_case_of_ASCII_letters_and_of_no_others(string field)
    {
        foreach (string name in (string[])["RIDERSHIP", "ridership", "r\u0131dersh\u0131p", "R\u0130DERSH\u0130P"])
        {
            RunRecord run = await Tracker.CreateRunAsync("e", new() { Name = name });
            var one = new Dictionary<string, string> { ["k"] = name };
            await Tracker.LogAsync(run.Id, new() { Parameters = one, Tags = one, Datasets = [new DatasetInput(name, "1")] });
        }

        foreach (string pattern in (string[])["RiDeRsHiP", "%IDER%", "%ider%"])
        {
            Assert.That(await NamesAsync($"{field} ILIKE '{pattern}'"), Is.EquivalentTo(new[] { "RIDERSHIP", "ridership" }), pattern);
        }
    }

    [TestCase("finished")]
    [TestCase("FINISHED")]
    [TestCase("%iNi%")]
    public async Task ILIKE_finds_a_status(string pattern)
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { Name = "done" });
        await Tracker.UpdateRunAsync(run.Id, new() { Status = RunStatus.Finished });
        await Tracker.CreateRunAsync("e", new() { Name = "goes on" });

        Assert.That(await NamesAsync($"status ILIKE '{pattern}'"), Is.EqualTo(new[] { "done" }));
    }

    private async Task<IEnumerable<string>> NamesAsync(string filter) =>
        (await Tracker.ListRunsAsync("e", new RunQuery { Filter = filter })).Runs.Select(static run => run.Name);
}
