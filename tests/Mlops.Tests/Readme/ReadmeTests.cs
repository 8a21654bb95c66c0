namespace Mlops.Tests.Readme;

/// <summary>What a README shows is what the examples run; see the README beside this file.</summary>
[TestFixture]
public sealed class ReadmeTests
{
    private static IEnumerable<string> All => Readmes.All;

    [TestCaseSource(nameof(All))]
    public void Every_snippet_is_the_code_of_one_example(string readme)
    {
        Dictionary<string, string> examples = Readmes.Examples();
        List<string> snippets = Readmes.SnippetsOf(readme);

        Assert.That(snippets, Is.Not.Empty, "a README shows how its package is used");
        foreach (string snippet in snippets)
            Assert.That(examples.Values.Count(example => example == snippet), Is.EqualTo(1), $"no single file in tests/Mlops.Tests/Readme has as its readme blocks:\n{snippet}");
    }

    [Test]
    public void Every_example_is_shown_in_a_readme()
    {
        HashSet<string> shown = [.. Readmes.All.SelectMany(Readmes.SnippetsOf)];

        Assert.That(Readmes.Examples().Where(example => !shown.Contains(example.Value)).Select(static example => example.Key), Is.Empty);
    }
}
