// readme: begin
using Mlops.Statistics;
// readme: end

namespace Mlops.Tests.Readme.Statistics;

/// <summary>The first example of Mlops.Statistics.</summary>
[TestFixture]
public sealed class StatisticsExample : ReadmeExample
{
    [Test]
    public void It_prints_what_the_readme_shows()
    {
        // readme: begin
        double[] lastMonth = [.. Enumerable.Range(0, 500).Select(i => 20 + (10 * Math.Sin(i)))];
        double[] today = [.. Enumerable.Range(0, 80).Select(i => 23 + (10 * Math.Sin(i)))];

        TwoSampleResult ks = KolmogorovSmirnov.Test(lastMonth, today);
        Console.WriteLine($"D = {ks.Statistic:F4}, p = {ks.PValue:0.0e-0} ({ks.PValueKind})");

        BinEdges edges = BinEdges.FromQuantiles(lastMonth, bins: 10);
        Histogram reference = new(edges), current = new(edges);
        reference.Add(lastMonth);
        current.Add(today);
        TwoSampleResult psi = PopulationStabilityIndex.Test(reference, current);
        Console.WriteLine($"PSI = {psi.Statistic:F4}, p = {psi.PValue:0.0e-0}, no drift stays below {PopulationStabilityIndex.CriticalValue(500, 80, 10):F4}");

        Moments moments = Moments.Of(today);
        Console.WriteLine($"mean {moments.Mean:F2}, deviation {moments.StandardDeviation:F2}, kurtosis {moments.Kurtosis:F2}");
        // readme: end

        AssertShownIn("src/Mlops.Statistics/README.md");
    }
}
