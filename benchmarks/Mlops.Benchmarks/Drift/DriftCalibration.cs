using System.Globalization;
using Mlops.Drift;
using Mlops.Drift.Tests;

namespace Mlops.Benchmarks.Drift;

/// <summary>False alarms of twenty mixed columns at nine window sizes: verb <c>drift-calibration</c>. Prints the tables of docs/drift/calibration.md.</summary>
public static class DriftCalibration
{
    /// <summary>Prints both tables; a second argument divides the number of windows.</summary>
    public static void Run(string[] args)
    {
        int divisor = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1;
        NullRates[] all = Array.ConvertAll(NullRates.Plan, plan => NullRates.Measure(plan.Rows, plan.References, plan.WindowsEach / divisor, 10 * plan.Rows, seed: 1_000_000 + (plan.Rows * 1_000)));
        IReadOnlyList<DriftColumn> columns = MixedColumns.Schema.Columns;
        string head = string.Join(" | ", all.Select(static rates => rates.Rows.ToString("N0", CultureInfo.InvariantCulture)));
        string rule = "|---|" + string.Concat(all.Select(static _ => "---:|"));

        Console.WriteLine($"| | {head} |");
        Console.WriteLine(rule);
        Line("windows", all, static rates => rates.Windows.ToString("N0", CultureInfo.InvariantCulture));
        Line("highest share of p <= 5 % of a column", all, rates => Share(Over(rates.Significant).Max()));
        Line("lowest of a continuous column", all, rates => Share(Over(rates.Significant).Take(MixedColumns.ContinuousColumns).Min()));
        Line("highest share of verdict Drift of a column", all, rates => Share(Over(rates.Drift).Max()));
        Line("references within twice nominal, all columns", all, rates => Share(Over(rates.WithinTwice).Average()));
        Line("references within twice nominal, worst column", all, rates => Share(Over(rates.WithinTwice).Min()));
        Console.WriteLine();
        Console.WriteLine($"| share of p <= 5 % | {head} |");
        Console.WriteLine(rule);
        for (int c = 0; c < columns.Count; c++)
        {
            int column = c;
            Line(columns[c].Name, all, rates => Share(rates.Significant(column)));
        }

        IEnumerable<double> Over(Func<int, double> measure) => Enumerable.Range(0, columns.Count).Select(measure);
    }

    private static void Line(string name, NullRates[] all, Func<NullRates, string> cell) => Console.WriteLine($"| {name} | {string.Join(" | ", all.Select(cell))} |");

    private static string Share(double share) => share.ToString("P1", CultureInfo.InvariantCulture).Replace(" ", "\u00A0", StringComparison.Ordinal);
}
