// readme: begin
using Mlops.Statistics;
// readme: end

namespace Mlops.Tests.Readme.Root;

/// <summary>The first line of code a visitor sees.</summary>
[TestFixture]
public sealed class RootExample : ReadmeExample
{
    [Test]
    public void The_line_tells_how_sure_it_is()
    {
        // given: begin
        double[] lastMonth = [.. Enumerable.Range(0, 200).Select(static i => Math.Sin(i))];
        double[] today = [.. Enumerable.Range(0, 50).Select(static i => 0.5 + Math.Sin(i))];
        // given: end

        // readme: begin
        TwoSampleResult ks = KolmogorovSmirnov.Test(lastMonth, today);   // exact p-value, effect, and how it was obtained
        // readme: end

        Assert.That(ks.PValueKind, Is.EqualTo(PValueKind.Exact));
        Assert.That(ks.Effect, Is.Not.Null);
    }
}
