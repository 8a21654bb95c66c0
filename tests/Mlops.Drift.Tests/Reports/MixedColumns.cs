namespace Mlops.Drift.Tests;

/// <summary>
/// Twenty columns of independent rows: seven continuous, six discrete, three mostly zero, four of categories; five of them with missing values. Seeded, by column. Shared with the benchmarks.
/// </summary>
internal static class MixedColumns
{
    private static readonly (string Name, bool IsContinuous, Func<Random, double> Draw)[] Numbers =
    [
        ("normal", true, Normal),
        ("lognormal", true, static r => Math.Exp(Normal(r))),
        ("Pareto", true, static r => Math.Pow(1 - r.NextDouble(), -1 / 1.5)),
        ("uniform", true, static r => r.NextDouble()),
        ("exponential", true, static r => -Math.Log(1 - r.NextDouble())),
        ("normal, 10 % missing", true, static r => r.NextDouble() < 0.1 ? DriftSchema.Missing : Normal(r)),
        ("lognormal, 30 % missing", true, static r => r.NextDouble() < 0.3 ? DriftSchema.Missing : Math.Exp(Normal(r))),
        ("2 values", false, static r => r.NextDouble() < 0.1 ? 1 : 0),
        ("3 values", false, static r => r.Next(3)),
        ("5 values, skewed", false, static r => Skewed(r, 5)),
        ("10 values", false, static r => r.Next(10)),
        ("20 values, 10 % missing", false, static r => r.NextDouble() < 0.1 ? DriftSchema.Missing : r.Next(20)),
        ("50 values, skewed", false, static r => Skewed(r, 50)),
        ("60 % zero", false, static r => r.NextDouble() < 0.6 ? 0 : Math.Exp(Normal(r))),
        ("90 % zero", false, static r => r.NextDouble() < 0.9 ? 0 : Math.Exp(Normal(r))),
        ("97 % zero, 10 % missing", false, static r => r.NextDouble() < 0.1 ? DriftSchema.Missing : r.NextDouble() < 0.97 ? 0 : Math.Exp(Normal(r))),
    ];

    private static readonly (string Name, Func<Random, int> Draw)[] Categories =
    [
        ("2 categories", static r => r.Next(2)),
        ("5 categories, 20 % missing", static r => r.NextDouble() < 0.2 ? -1 : r.Next(5)),
        ("20 categories, skewed", static r => Skewed(r, 20)),
        ("200 categories, skewed", static r => Skewed(r, 200)),
    ];

    private static readonly string[] CategoryNames = [.. Enumerable.Range(0, 200).Select(static k => $"c{k}")];

    public static DriftSchema Schema { get; } = DriftSchema.Create(static s =>
    {
        foreach ((string name, _, _) in Numbers)
            s.Numeric(name);
        foreach ((string name, _) in Categories)
            s.Categorical(name);
    });

    /// <summary>The continuous columns come first.</summary>
    public static int ContinuousColumns { get; } = Numbers.Count(static column => column.IsContinuous);

    /// <param name="seed">Its rows differ from those of every other seed.</param>
    /// <param name="rows">How many.</param>
    /// <param name="shift">Added to the first column, which is standard normal.</param>
    public static DriftBatch Draw(int seed, int rows, double shift = 0)
    {
        Random random = new(seed);
        DriftBatch batch = new(Schema);
        foreach ((string name, _, Func<Random, double> draw) in Numbers)
        {
            double[] values = new double[rows];
            for (int i = 0; i < rows; i++)
                values[i] = draw(random) + (name == "normal" ? shift : 0);
            batch.Numeric(name, values);
        }

        foreach ((string name, Func<Random, int> draw) in Categories)
        {
            string?[] values = new string?[rows];
            for (int i = 0; i < rows; i++)
                values[i] = draw(random) is var code and >= 0 ? CategoryNames[code] : null;
            batch.Categorical(name, values);
        }

        return batch;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static int Skewed(Random random, int count)
    {
        double u = random.NextDouble();
        return (int)(count * u * u * u);
    }
}
