using System.Globalization;
using System.Text.Json;

namespace Mlops.Tuning.Tests;

/// <summary>The best value after so many trials, by problem, seed and budget: the form of the reference results.</summary>
internal static class QualityRun
{
    public static IReadOnlyList<int> Budgets { get; } = [25, 50, 60, 75, 100];

    /// <summary>The samplers that can be asked for by name.</summary>
    public static IReadOnlyDictionary<string, ISampler> Samplers { get; } = new Dictionary<string, ISampler>(StringComparer.Ordinal)
    {
        ["random"] = new RandomSampler(),
        ["tpe"] = new TpeSampler(),
        ["tpe-univariate"] = new TpeSampler { Multivariate = false },
        ["tpe-grouped"] = new TpeSampler { Grouped = true },
        ["cma-es"] = new CmaEsSampler(),
        ["gp"] = new GaussianProcessSampler(),
        ["auto"] = new AutoSampler(),
        ["sobol"] = new SobolSampler(),
        ["halton"] = new HaltonSampler(),
        ["nsga-ii"] = new NsgaIISampler(),
        ["regularized-evolution"] = new RegularizedEvolutionSampler(),
        ["cfo"] = new CostFrugalSampler(),
    };

    /// <summary>Runs one sampler on one problem for seeds 0 to <paramref name="seeds"/> - 1.</summary>
    public static Dictionary<string, Dictionary<string, double>> Run(
        ISampler sampler, Func<SamplerHarness, double> problem, int seeds, IReadOnlyList<int> budgets) => Enumerable.Range(0, seeds).ToDictionary(
            static seed => seed.ToString(CultureInfo.InvariantCulture),
            seed =>
            {
                var harness = new SamplerHarness(sampler, seed);
                return budgets.ToDictionary(static budget => budget.ToString(CultureInfo.InvariantCulture), budget => harness.Run(problem, budget));
            });

    /// <summary>The values at a budget, one per seed that was run so far.</summary>
    public static double[] At(Dictionary<string, Dictionary<string, double>> seeds, int budget)
    {
        string key = budget.ToString(CultureInfo.InvariantCulture);
        return [.. seeds.Values.Where(values => values.ContainsKey(key)).Select(values => values[key])];
    }

    /// <summary>Reads <c>{problem: {sampler: {seed: {budget: best}}}}</c> below <c>results</c>.</summary>
    public static Dictionary<string, Dictionary<string, Dictionary<string, Dictionary<string, double>>>> ReadReference(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.GetProperty("results").Deserialize<Dictionary<string, Dictionary<string, Dictionary<string, Dictionary<string, double>>>>>()!;
    }
}
