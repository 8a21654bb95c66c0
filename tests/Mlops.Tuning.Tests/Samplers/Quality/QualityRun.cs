using System.Globalization;
using System.Text.Json;

namespace Mlops.Tuning.Tests;

/// <summary>The best value after so many trials, by problem, seed and budget: the form of the reference results.</summary>
internal static class QualityRun
{
    /// <summary>The key of how many trials it took to find the best value of a table, one more than were made where it was not found.</summary>
    public const string Optimum = "optimum";

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
    /// <param name="sampler">The sampler.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="seeds">How many.</param>
    /// <param name="budgets">After how many trials the best value is kept, ascending.</param>
    /// <param name="optimum">The best value there is, where <see cref="Optimum"/> is to be counted.</param>
    public static Dictionary<string, Dictionary<string, double>> Run(
        ISampler sampler, Func<SamplerHarness, double> problem, int seeds, IReadOnlyList<int> budgets, double? optimum = null) => Enumerable.Range(0, seeds).ToDictionary(
            static seed => seed.ToString(CultureInfo.InvariantCulture),
            seed =>
            {
                var harness = new SamplerHarness(sampler, seed);
                var best = budgets.ToDictionary(static budget => budget.ToString(CultureInfo.InvariantCulture), budget => harness.Run(problem, budget));
                if (optimum is { } sought)
                {
                    ReadOnlySpan<double> values = new TrialView(harness.History, harness.History.Count).Values(0);
                    best[Optimum] = values.IndexOf(sought) is var place && place >= 0 ? place + 1 : values.Length + 1;
                }

                return best;
            });

    /// <summary>The values at a budget, one per seed that was run so far.</summary>
    public static double[] At(Dictionary<string, Dictionary<string, double>> seeds, int budget) => At(seeds, budget.ToString(CultureInfo.InvariantCulture));

    /// <summary>The values under a budget's key, or <see cref="Optimum"/>.</summary>
    public static double[] At(Dictionary<string, Dictionary<string, double>> seeds, string key) =>
        [.. seeds.Values.Where(values => values.ContainsKey(key)).Select(values => values[key])];

    /// <summary>
    /// Reads <c>{problem: {sampler: {seed: {budget: best}}}}</c> below <c>results</c>: Optuna's results, with the further seeds of <c>optuna_seeds.json</c> where it has them.
    /// </summary>
    public static Dictionary<string, Dictionary<string, Dictionary<string, Dictionary<string, double>>>> ReadReference(string folder)
    {
        var results = ReadResults(Path.Combine(folder, "optuna_quality.json"));
        foreach ((string problem, var samplers) in ReadResults(Path.Combine(folder, "optuna_seeds.json")))
        {
            results.TryAdd(problem, []);
            foreach ((string sampler, var seeds) in samplers)
            {
                results[problem][sampler] = seeds;
            }
        }

        return results;
    }

    private static Dictionary<string, Dictionary<string, Dictionary<string, Dictionary<string, double>>>> ReadResults(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.GetProperty("results").Deserialize<Dictionary<string, Dictionary<string, Dictionary<string, Dictionary<string, double>>>>>()!;
    }
}
