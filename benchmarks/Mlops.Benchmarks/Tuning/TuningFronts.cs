using System.Globalization;
using Mlops.Tuning;
using Mlops.Tuning.Tests;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// How good the fronts of samplers are that take several objectives: verb <c>tuning-fronts [seeds [sampler ...]]</c>. The volume below the reference point that stays uncovered, as
/// a share of it; smaller is better. Medians and quartiles.
/// </summary>
public static class TuningFronts
{
    private static readonly int[] Budgets = [50, 100, 200, 500, 1_000];

    /// <summary>Prints one row per problem and sampler.</summary>
    public static void Run(string[] args)
    {
        int seeds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 30;
        string[] samplers = args.Length > 2 ? args[2..] : ["random", "tpe", "tpe-grouped", "nsga-ii", "auto"];
        Console.WriteLine($"| problem | sampler | {string.Join(" | ", Budgets)} | CPU ms per trial |");
        Console.WriteLine($"|---|---|{string.Concat(Enumerable.Repeat("---:|", Budgets.Length + 1))}");
        foreach ((string problem, (Func<SamplerHarness, double[]> objectives, double[] reference)) in FrontProblems.All)
        {
            foreach (string name in samplers)
            {
                TimeSpan before = Environment.CpuUsage.TotalTime;
                double[][] left = [.. Enumerable.Range(0, seeds).Select(seed => Search(QualityRun.Samplers[name], seed, objectives, reference))];
                double spent = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / seeds / Budgets[^1];
                string cells = string.Join(" | ", Budgets.Select((_, i) => Cell([.. left.Select(row => row[i]).Order()])));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {problem} | {name} | {cells} | {spent:F2} |"));
            }
        }
    }

    private static string Cell(double[] sorted) => string.Create(
        CultureInfo.InvariantCulture, $"{QualityComparison.Median(sorted):F4} ({sorted[sorted.Length / 4]:F4}-{sorted[sorted.Length * 3 / 4]:F4})");

    private static double[] Search(ISampler sampler, int seed, Func<SamplerHarness, double[]> objectives, double[] reference)
    {
        var harness = new SamplerHarness(sampler, seed, reference.Length);
        double whole = reference.Aggregate(1.0, static (product, side) => product * side);
        List<double[]> front = [];
        double[] left = new double[Budgets.Length];
        for (int i = 0; i < Budgets.Length; i++)
        {
            while (harness.History.Count < Budgets[i])
            {
                harness.Begin();
                double[] values = objectives(harness);
                harness.End(values);
                front.Add(values);
            }

            double[][] points = [.. front];
            int[] ranks = ParetoRanks.Of(points);
            front = [.. points.Where((_, place) => ranks[place] == 0)];
            left[i] = 1 - (Hypervolume.Of([.. front], reference) / whole);
        }

        return left;
    }
}
