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
        // readme: begin
        var random = new Random(42);
        Order[] lastMonth = Orders(20_000, cheapest: 10), today = Orders(200, cheapest: 15);

        DriftSchema<Order> schema = DriftSchema.For<Order>(s => s.Numeric(o => o.Amount).Numeric(o => o.Weight).Categorical(o => o.Country));
        ReferenceProfile profile = ReferenceProfile.Build(schema, lastMonth);
        DriftReport report = DriftReport.Compare(profile, today);

        Console.WriteLine(report.Verdict);
        foreach (FeatureDrift f in report.Features)
            Console.WriteLine($"{f.Name,-8} {f.Verdict,-10} {f.Reason}");

        Order[] Orders(int count, double cheapest) =>
            [.. Enumerable.Range(0, count).Select(_ => new Order(cheapest + (20 * random.NextDouble()), random.NextDouble(), random.Next(3) == 0 ? "AT" : "DE"))];
        // readme: end

        AssertShownIn("src/Mlops.Drift/README.md");
    }
}

// readme: begin
record Order(double Amount, double Weight, string Country);
// readme: end
