using System.Globalization;
using Mlops.Drift;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Drift;

/// <summary>
/// How often rules alarm on windows without drift, and on a shift of 0.09 standard deviations: verb <c>false-alarms</c>. Peers' rules are their published defaults,
/// computed by the compatibility modes that reproduce their figures; ours is the default verdict on the column.
/// </summary>
public static class FalseAlarms
{
    private const int SmallestReference = 10_000;
    private const int References = 5;
    private const double Shift = 0.09;

    private static readonly (string Name, Func<double[], double[], bool> Alarms)[] NumericRules =
    [
        ("Evidently, Wasserstein / deviation >= 0.1", static (r, c) => Wasserstein.NormedDistance(r, c) >= 0.1),
        ("Evidently, PSI >= 0.1", static (r, c) => Evidently.PopulationStabilityIndex(r, c) >= 0.1),
        ("NannyML, Jensen-Shannon >= 0.1", static (r, c) => NannyMl.JensenShannonDistance(r, c) >= 0.1),
        ("Kolmogorov-Smirnov, p < 0.05", static (r, c) => KolmogorovSmirnov.Test(r, c, new() { Method = PValueMethod.Asymptotic }).PValue < 0.05),
    ];

    private static readonly (string Name, Func<long[], long[], bool> Alarms)[] CategoricalRules =
    [
        ("Evidently, one-sample chi-squared, p < 0.05", static (r, c) => Evidently.ChiSquare(r, c).PValue < 0.05),
        ("NannyML, Jensen-Shannon >= 0.1", static (r, c) => JensenShannon.DistanceBase2(r, c) >= 0.1),
    ];

    /// <summary>Prints both tables.</summary>
    public static void Run()
    {
        int[] sizes = [50, 200, 1_000, 5_000, 20_000];
        string head = string.Join(" | ", sizes.Select(static n => n.ToString("N0", CultureInfo.InvariantCulture)));
        foreach (double shift in (double[])[0, Shift])
        {
            Console.WriteLine(shift == 0 ? "### Without drift" : "### A shift of 0.09 deviations");
            Console.WriteLine();
            Console.WriteLine($"| column | rule | {head} |");
            Console.WriteLine("|---|---|" + string.Concat(sizes.Select(static _ => "---:|")));
            double[][] numeric = [.. sizes.Select(n => Numeric(n, shift))];
            for (int rule = 0; rule <= NumericRules.Length; rule++)
                Row("normal", rule < NumericRules.Length ? NumericRules[rule].Name : "**Mlops.Drift, verdict**", numeric.Select(shares => shares[rule]));
            double[][] categorical = [.. sizes.Select(n => Categorical(n, shift))];
            for (int rule = 0; rule <= CategoricalRules.Length; rule++)
                Row("20 categories", rule < CategoricalRules.Length ? CategoricalRules[rule].Name : "**Mlops.Drift, verdict**", categorical.Select(shares => shares[rule]));
            Console.WriteLine();
        }
    }

    private static int Windows(int n) => n >= 20_000 ? 100 : 400;

    private static double[] Numeric(int n, double shift)
    {
        int[] alarms = new int[NumericRules.Length + 1];
        DriftSchema schema = DriftSchema.Create(static s => s.Numeric("x"));
        Repeat(n, (seed, reference) =>
        {
            double[] values = Statistics.Samples.Normal(seed, reference);
            ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Numeric("x", values), new ProfileOptions { MaximumSampleRows = reference });
            return window =>
            {
                double[] current = Statistics.Samples.Normal(window, n, shift);
                for (int rule = 0; rule < NumericRules.Length; rule++)
                    alarms[rule] += NumericRules[rule].Alarms(values, current) ? 1 : 0;
                alarms[^1] += DriftReport.Compare(profile, new DriftBatch(schema).Numeric("x", current)).Verdict == DriftVerdict.Drift ? 1 : 0;
            };
        });
        return Array.ConvertAll(alarms, count => (double)count / Windows(n));
    }

    private static double[] Categorical(int n, double shift)
    {
        int[] alarms = new int[CategoricalRules.Length + 1];
        DriftSchema schema = DriftSchema.Create(static s => s.Categorical("c"));
        Repeat(n, (seed, reference) =>
        {
            int[] codes = Codes(seed, reference, 0);
            ReferenceProfile profile = ReferenceProfile.Build(new DriftBatch(schema).Categorical("c", Names(codes)), new ProfileOptions { MaximumSampleRows = reference });
            return window =>
            {
                int[] current = Codes(window, n, shift);
                long[] r = Count(codes), c = Count(current);
                for (int rule = 0; rule < CategoricalRules.Length; rule++)
                    alarms[rule] += CategoricalRules[rule].Alarms(r, c) ? 1 : 0;
                alarms[^1] += DriftReport.Compare(profile, new DriftBatch(schema).Categorical("c", Names(current))).Verdict == DriftVerdict.Drift ? 1 : 0;
            };
        });
        return Array.ConvertAll(alarms, count => (double)count / Windows(n));
    }

    /// <summary>Runs the windows of a size, spread over several references.</summary>
    private static void Repeat(int n, Func<ulong, int, Action<ulong>> begin)
    {
        for (int r = 0; r < References; r++)
        {
            Action<ulong> compare = begin((ulong)(1_000_000 + r), Math.Max(SmallestReference, 10 * n));
            for (int w = 0; w < Windows(n) / References; w++)
                compare((ulong)((10_000 * (r + 1)) + w));
        }
    }

    /// <summary>Normal values cut into twenty categories of equal width between -3 and 3.</summary>
    private static int[] Codes(ulong seed, int count, double shift) =>
        Array.ConvertAll(Statistics.Samples.Normal(seed, count, shift), static x => Math.Clamp((int)((x + 3) / 0.3), 0, 19));

    private static string[] Names(int[] codes) => Array.ConvertAll(codes, static code => $"c{code}");

    private static long[] Count(int[] codes)
    {
        long[] counts = new long[20];
        foreach (int code in codes)
            counts[code]++;
        return counts;
    }

    private static void Row(string column, string rule, IEnumerable<double> shares) =>
        Console.WriteLine($"| {column} | {rule} | {string.Join(" | ", shares.Select(static share => share.ToString("P1", CultureInfo.InvariantCulture).Replace(" ", "\u00A0", StringComparison.Ordinal)))} |");
}
