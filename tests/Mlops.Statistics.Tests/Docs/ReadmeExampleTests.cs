namespace Mlops.Statistics.Tests;

/// <summary>The example of the package's README, run; the README must show this code and this output.</summary>
[TestFixture]
internal sealed class ReadmeExampleTests
{
    [Test]
    public void The_readme_shows_what_the_example_prints()
    {
        using StringWriter console = new() { NewLine = "\n" };
        Run(console);
        string readme = File.ReadAllText(Find("src", "Mlops.Statistics", "README.md")).ReplaceLineEndings("\n");

        Assert.That(readme, Does.Contain(console.ToString().TrimEnd()), console.ToString());
        string source = File.ReadAllText(Find("tests", "Mlops.Statistics.Tests", "Docs", "ReadmeExampleTests.cs")).ReplaceLineEndings("\n");
        foreach (string line in Snippet(readme))
            Assert.That(source, Does.Contain(line.Trim().Replace("Console.", "console.", StringComparison.Ordinal)));
    }

    private static void Run(TextWriter console)
    {
        double[] lastMonth = [.. Enumerable.Range(0, 500).Select(i => 20 + (10 * Math.Sin(i)))];
        double[] today = [.. Enumerable.Range(0, 80).Select(i => 23 + (10 * Math.Sin(i)))];

        TwoSampleResult ks = KolmogorovSmirnov.Test(lastMonth, today);
        console.WriteLine($"D = {ks.Statistic:F4}, p = {ks.PValue:0.0e-0} ({ks.PValueKind})");

        BinEdges edges = BinEdges.FromQuantiles(lastMonth, bins: 10);
        Histogram reference = new(edges), current = new(edges);
        reference.Add(lastMonth);
        current.Add(today);
        TwoSampleResult psi = PopulationStabilityIndex.Test(reference, current);
        console.WriteLine($"PSI = {psi.Statistic:F4}, p = {psi.PValue:0.0e-0}, no drift stays below {PopulationStabilityIndex.CriticalValue(500, 80, 10):F4}");

        Moments moments = Moments.Of(today);
        console.WriteLine($"mean {moments.Mean:F2}, deviation {moments.StandardDeviation:F2}, kurtosis {moments.Kurtosis:F2}");
    }

    private static IEnumerable<string> Snippet(string readme)
    {
        int start = readme.IndexOf("```csharp\n", StringComparison.Ordinal) + 10;
        return readme[start..readme.IndexOf("```", start, StringComparison.Ordinal)]
            .Split('\n')
            .Where(line => line.Length > 0 && !line.StartsWith("using", StringComparison.Ordinal));
    }

    private static string Find(params string[] path)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine([folder.FullName, .. path]);
            if (File.Exists(candidate))
                return candidate;
        }

        throw new FileNotFoundException(string.Join('/', path));
    }
}
