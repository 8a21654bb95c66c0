using System.Globalization;
using Mlops.Tuning;
using Mlops.Tuning.Tests;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// How good the fronts of samplers are that take several objectives: verb <c>tuning-fronts [seeds [trials [sampler ...]]]</c>. The volume below the reference point that stays uncovered, as
/// a share of it; smaller is better. Medians and quartiles.
/// </summary>
public static class TuningFronts
{
    private static readonly int[] AllBudgets = [50, 60, 100, 200, 300, 500, 1_000];

    /// <summary>Prints one row per problem and sampler.</summary>
    public static void Run(string[] args)
    {
        int seeds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 30;
        int most = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 100;
        int[] budgets = [.. AllBudgets.Where(budget => budget <= most)];
        string[] samplers = args.Length > 3 ? args[3..] : ["random", "tpe", "tpe-grouped", "nsga-ii", "gp", "auto"];
        Console.WriteLine($"| problem | sampler | {string.Join(" | ", budgets)} | CPU ms per trial |");
        Console.WriteLine($"|---|---|{string.Concat(Enumerable.Repeat("---:|", budgets.Length + 1))}");
        foreach ((string problem, (Func<SamplerHarness, double[]> objectives, double[] reference)) in FrontProblems.All.Concat(FrontProblems.HeldOut))
        {
            foreach (string name in samplers)
            {
                TimeSpan before = Environment.CpuUsage.TotalTime;
                double[][] left = [.. Enumerable.Range(0, seeds).Select(seed => Search(QualityRun.Samplers[name], seed, objectives, reference, budgets))];
                double spent = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / seeds / budgets[^1];
                string cells = string.Join(" | ", budgets.Select((_, i) => Cell([.. left.Select(row => row[i]).Order()])));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {problem} | {name} | {cells} | {spent:F2} |"));
            }
        }
    }

    private static string Cell(double[] sorted) => string.Create(
        CultureInfo.InvariantCulture, $"{QualityComparison.Median(sorted):F4} ({sorted[sorted.Length / 4]:F4}-{sorted[sorted.Length * 3 / 4]:F4})");

    private static double[] Search(ISampler sampler, int seed, Func<SamplerHarness, double[]> objectives, double[] reference, int[] budgets)
    {
        var harness = new SamplerHarness(sampler, seed, reference.Length);
        double whole = reference.Aggregate(1.0, static (product, side) => product * side);
        List<double[]> front = [];
        double[] left = new double[budgets.Length];
        for (int i = 0; i < budgets.Length; i++)
        {
            while (harness.History.Count < budgets[i])
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
