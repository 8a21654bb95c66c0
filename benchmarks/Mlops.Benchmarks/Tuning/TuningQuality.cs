using System.Globalization;
using System.Text.Json;
using Mlops.Tuning.Tests;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// How good a sampler's best trial is: verb <c>tuning-quality sampler out.json [seeds [problem-or-table ...]]</c>. A problem is named, or it
/// is the path of a table's file; <c>held-out</c> stands for those that no setting was tuned on; without any, all others and the tables beside the program are run. Writes
/// <c>{problem: {seed: {trials: best so far}}}</c>.
/// </summary>
public static class TuningQuality
{
    internal static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "reference", "tuning");

    /// <summary>Runs and writes after each problem, so that a stopped run leaves what it had.</summary>
    public static void Run(string[] args)
    {
        if (args.Length < 3 || !QualityRun.Samplers.TryGetValue(args[1], out Mlops.Tuning.ISampler? sampler))
        {
            Console.WriteLine($"tuning-quality sampler out.json [seeds [problem-or-table ...]]; samplers: {string.Join(", ", QualityRun.Samplers.Keys)}");
            return;
        }

        int seeds = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 50;
        string[] problems = args.Length == 5 && args[4] == "held-out" ? [.. HeldOutProblems.All.Keys] : args.Length > 4 ? args[4..] : [.. Problems.All.Keys, .. Directory.GetFiles(Path.Combine(Folder, "tables"), "*.json").Order()];
        var results = new SortedDictionary<string, Dictionary<string, Dictionary<string, double>>>(StringComparer.Ordinal);
        foreach (string problem in problems)
        {
            TableProblem? table = problem.EndsWith(".json", StringComparison.Ordinal) ? TableProblem.Read(problem) : null;
            string name = table is null ? problem : $"table_{Path.GetFileNameWithoutExtension(problem)}";
            Func<SamplerHarness, double> objective = table is null ? Problems.Find(problem, Folder) : table.Evaluate;
            TimeSpan before = Environment.CpuUsage.TotalTime;
            results[name] = QualityRun.Run(sampler, objective, seeds, QualityRun.Budgets, table?.Optimum);
            double spent = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / seeds / QualityRun.Budgets[^1];
            string medians = string.Join(", ", QualityRun.Budgets.Select(budget =>
                string.Create(CultureInfo.InvariantCulture, $"@{budget} {QualityComparison.Median(QualityRun.At(results[name], budget)):G4}")));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-18} {medians}; {spent:F3} ms CPU per trial"));
            File.WriteAllText(args[2], JsonSerializer.Serialize(results));
        }
    }
}
