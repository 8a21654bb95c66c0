using System.Diagnostics;
using System.Globalization;
using Mlops.Tuning;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// What a report with its judgement costs, and a look for paused trials that go on, without the store: verb <c>tuning-pruning [trials ...]</c>. Trials report ten steps;
/// medians of 200 trials beside those that have ended.
/// </summary>
public static class TuningPruning
{
    private const int Steps = 10;
    private const int Measured = 200;

    private static readonly (string Name, IPruner Pruner)[] Pruners =
    [
        ("median", new MedianPruner()),
        ("halving", new SuccessiveHalvingPruner { MinimumResource = 1 }),
        ("hyperband", new HyperbandPruner { MaximumResource = 9 }),
        ("wilcoxon", new WilcoxonPruner()),
        ("halving that pauses", new SuccessiveHalvingPruner { MinimumResource = 1, Pauses = true }),
    ];

    /// <summary>Prints a table.</summary>
    public static void Run(string[] args)
    {
        int[] sizes = args.Length > 1 ? Array.ConvertAll(args[1..], static size => int.Parse(size, CultureInfo.InvariantCulture)) : [1_000, 10_000];
        Console.WriteLine("| pruner | trials | us per report and judgement, median | bytes | us per look for paused trials, median |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach ((string name, IPruner pruner) in Pruners)
        {
            Array.ForEach(sizes, size => Measure(name, pruner, size));
        }
    }

    private static void Measure(string name, IPruner pruner, int trials)
    {
        var pruning = new StudyPruning(pruner, store: null!, new StudyRow(1, "s", [Direction.Minimize], 0), new StudySpace("s", [Direction.Minimize], 0));
        var random = new Random(1);
        for (int number = 0; number < trials; number++)
        {
            RunTrial(pruning, number, random, []);
        }

        List<double> reports = [];
        List<double> looks = [];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int number = trials; number < trials + Measured; number++)
        {
            RunTrial(pruning, number, random, reports);
        }

        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / reports.Count;
        for (int i = 0; i < Measured && pruning.Pauses; i++)
        {
            long started = Stopwatch.GetTimestamp();
            _ = pruning.FindPromotable();
            looks.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        string look = looks.Count == 0 ? "" : Median(looks).ToString("F0", CultureInfo.InvariantCulture);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {trials:N0} | {Median(reports):F2} | {bytes:N0} | {look} |"));
    }

    private static void RunTrial(StudyPruning pruning, int number, Random random, List<double> times)
    {
        double level = random.NextDouble();
        PruningVerdict verdict = PruningVerdict.Continue;
        pruning.Begin(number, epoch: 1, []);
        for (int step = 0; step < Steps && verdict == PruningVerdict.Continue; step++)
        {
            long started = Stopwatch.GetTimestamp();
            pruning.Report(number, 1, new TrialReport(step, level + (0.1 * random.NextDouble())));
            verdict = pruning.Judge(number, 1, step - 1);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        TrialState state = verdict switch { PruningVerdict.Prune => TrialState.Pruned, PruningVerdict.Pause => TrialState.Paused, _ => TrialState.Completed };
        pruning.End(number, state, state == TrialState.Completed ? [level] : [], isFeasible: true, judgedBefore: -1);
    }

    private static double Median(List<double> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }
}
