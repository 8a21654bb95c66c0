using System.Collections.Concurrent;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Registry.Tests.Models;

/// <summary>A database of Turkish rules, where the small letter of I is another one and the order of letters as well.</summary>
[TestFixture]
public sealed class PostgreSqlLocaleTests : RegistrySuite
{
    private static readonly ConcurrentDictionary<string, string> Databases = new(StringComparer.Ordinal);

    protected override Database Create(string folder) => new PostgreSqlDatabase(Databases.GetOrAdd(folder, static _ => PostgreSqlServer.CreateDatabase("tr")));

    [Test]
    public async Task ILIKE_ignores_the_case_of_ASCII_letters_and_of_no_others()
    {
        foreach (string name in (string[])["RIDERSHIP", "ridership", "r\u0131dersh\u0131p", "R\u0130DERSH\u0130P"])
        {
            await Registry.RegisterAsync(name, Content("x"), new() { Format = ModelFormat.Other, Source = name, Tags = new Dictionary<string, string> { ["k"] = name } });
            await Registry.SetModelTagAsync(name, "k", name);
        }

        string[] both = ["RIDERSHIP", "ridership"];
        foreach (string pattern in (string[])["RiDeRsHiP", "%IDER%", "%ider%"])
        {
            Assert.That(await ModelsAsync($"name ILIKE '{pattern}'"), Is.EqualTo(both), pattern);
            Assert.That(await ModelsAsync($"tags.k ILIKE '{pattern}'"), Is.EqualTo(both), pattern);
            Assert.That(await VersionsAsync($"source_path ILIKE '{pattern}'"), Is.EquivalentTo(both), pattern);
            Assert.That(await VersionsAsync($"tags.k ILIKE '{pattern}'"), Is.EquivalentTo(both), pattern);
        }

        Assert.That(await ModelsAsync("name LIKE '%IDER%'"), Is.EqualTo(new[] { "RIDERSHIP" }));
    }

    [Test]
    public async Task Models_are_ordered_by_their_bytes_and_paged_by_them()
    {
        string[] names = ["Z", "a", "i", "j", "\u0131", "\u00e7", "I", "c"];
        foreach (string name in names)
        {
            await Registry.CreateModelAsync(name);
        }

        List<string> read = [];
        for (string? after = null; ;)
        {
            ModelPage page = await Registry.ListModelsAsync(new() { Take = 3, After = after });
            read.AddRange(page.Models.Select(static model => model.Name));
            if ((after = page.Next) is null)
            {
                break;
            }
        }

        Assert.That(read, Is.EqualTo(names.Order(StringComparer.Ordinal)));
    }

    private async Task<IEnumerable<string>> ModelsAsync(string filter) =>
        (await Registry.ListModelsAsync(new() { Filter = filter })).Models.Select(static model => model.Name);

    private async Task<IEnumerable<string>> VersionsAsync(string filter) =>
        (await Registry.ListVersionsAsync(new VersionQuery { Filter = filter })).Versions.Select(static version => version.Model);
}
