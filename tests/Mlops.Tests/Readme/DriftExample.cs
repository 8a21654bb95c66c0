// readme: begin
using Mlops.Drift;
// readme: end

namespace Mlops.Tests.Readme.Drift;

/// <summary>The first example of Mlops.Drift.</summary>
[TestFixture]
public sealed class DriftExample : ReadmeExample
{
    [Test]
    public void It_prints_what_the_readme_shows()
    {
        // given: begin
        Random random = new(42);
        Order[] lastMonth = Orders(20_000, shift: 0), today = Orders(200, shift: 0.5);

        Order[] Orders(int count, double shift) =>
            [.. Enumerable.Range(0, count).Select(_ => new Order(Normal() + shift, Normal(), ((string[])["AT", "CH", "DE"])[random.Next(3)]))];

        double Normal()
        {
            double u = 1 - random.NextDouble(), v = random.NextDouble();
            return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
        }
        // given: end

        // readme: begin
        DriftSchema<Order> schema = DriftSchema.For<Order>(s => s.Numeric(o => o.Amount).Numeric(o => o.Weight).Categorical(o => o.Country));
        ReferenceProfile profile = ReferenceProfile.Build(schema, lastMonth);
        DriftReport report = DriftReport.Compare(profile, today);

        Console.WriteLine(report.Verdict);
        foreach (FeatureDrift f in report.Features)
            Console.WriteLine($"{f.Name,-8} {f.Verdict,-10} {f.Reason}");
        // readme: end

        AssertShownIn("src/Mlops.Drift/README.md");
    }
}

// given: begin
internal sealed record Order(double Amount, double Weight, string Country);
// given: end
