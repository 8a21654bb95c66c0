using System.Globalization;
using System.Text.Json;
using Mlops.Tuning.Tests;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// Results of <c>tuning-quality</c> against Optuna's: verb <c>tuning-compare ours.json [their-sampler [budget [reference-folder]]]</c>; the budget
/// <c>optimum</c> compares how many trials it took to find a table's best value.
/// Prints a table, with what counts as worse and as better by <see cref="QualityComparison"/>.
/// </summary>
public static class TuningComparison
{
    /// <summary>Prints the table.</summary>
    public static void Run(string[] args)
    {
        string theirs = args.Length > 2 ? args[2] : "tpe_v5default";
        string budget = args.Length > 3 ? args[3] : "100";
        var reference = QualityRun.ReadReference(args.Length > 4 ? args[4] : TuningQuality.Folder);
        var ours = JsonSerializer.Deserialize<SortedDictionary<string, Dictionary<string, Dictionary<string, double>>>>(File.ReadAllBytes(args[1]))!;
        List<(string Problem, QualityComparison Comparison)> rows = [];
        foreach ((string problem, Dictionary<string, Dictionary<string, double>> seeds) in ours)
        {
            double[] at = QualityRun.At(seeds, budget);
            if (at.Length > 0 && reference.TryGetValue(problem, out var samplers) && samplers.TryGetValue(theirs, out var results) && QualityRun.At(results, budget) is { Length: > 0 } other)
            {
                rows.Add((problem, QualityComparison.Of(at, other, QualityRun.At(samplers["random"], budget), QualityRun.At(samplers["tpe_v5default"], budget))));
            }
        }

        double[] holm = QualityComparison.Holm([.. rows.Select(static row => row.Comparison.BetterP)]);
        double[] worse = QualityComparison.Holm([.. rows.Select(static row => row.Comparison.WorseP)]);
        Console.WriteLine($"| problem, {(budget == QualityRun.Optimum ? "trials to the best value" : $"{budget} trials")} | ours | {theirs} | shift | its upper bound | margin | better, Holm's p | |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---|");
        for (int i = 0; i < rows.Count; i++)
        {
            QualityComparison row = rows[i].Comparison;
            string verdict = holm[i] < 0.05 ? "better" : row.IsNotWorse ? "not worse" : worse[i] < 0.05 ? "worse" : "open";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {rows[i].Problem} | {row.Ours:G4} | {row.Theirs:G4} | {row.Shift:G3} | {row.UpperShift:G3} | {row.Margin:G3} | {holm[i]:G2} | {verdict} |"));
        }
    }
}
