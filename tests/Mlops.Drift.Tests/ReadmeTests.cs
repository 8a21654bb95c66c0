namespace Mlops.Drift.Tests;

/// <summary>The README's example, run as it is printed there.</summary>
internal sealed class ReadmeTests
{
    private sealed record Order(double Amount, double Weight, string Country);

    [Test]
    public void The_ten_lines_print_what_the_readme_says()
    {
        Draws draws = new(42);
        Order[] lastMonth = Orders(draws, 20_000, 0), today = Orders(draws, 200, 0.5);
        StringWriter console = new();

        DriftSchema<Order> schema = DriftSchema.For<Order>(s => s.Numeric(o => o.Amount).Numeric(o => o.Weight).Categorical(o => o.Country));
        ReferenceProfile profile = ReferenceProfile.Build(schema, lastMonth);
        DriftReport report = DriftReport.Compare(profile, today);

        console.WriteLine(report.Verdict);
        foreach (FeatureDrift f in report.Features)
            console.WriteLine($"{f.Name,-8} {f.Verdict,-10} {f.Reason}");

        string readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        TestContext.Out.WriteLine(console);
        Assert.That(readme.ReplaceLineEndings("\n"), Does.Contain(console.ToString().ReplaceLineEndings("\n")));
    }

    private static Order[] Orders(Draws draws, int count, double shift)
    {
        Order[] orders = new Order[count];
        for (int i = 0; i < count; i++)
            orders[i] = new Order(draws.Normal() + shift, draws.Normal(), ((string[])["AT", "CH", "DE"])[draws.Next(3)]);
        return orders;
    }
}
