using System.Globalization;
using Mlops.Tuning;
using Mlops.Tuning.Tests;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// Under Hyperband, should a suggestion look at the trials of its own bracket, as in Optuna, or at all? Verb <c>tuning-hyperband [seeds]</c>: TPE both ways on learning
/// curves, the best value of a trial that was trained to its end after so many steps in all.
/// </summary>
public static class TuningHyperband
{
    private const int Steps = 27;
    private static readonly int[] WholeTrials = [20, 40, 80];

    /// <summary>Prints one row per problem and budget.</summary>
    public static void Run(string[] args)
    {
        int seeds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100;
        var curves = new Dictionary<string, Func<SamplerHarness, double[]>>(StringComparer.Ordinal)
        {
            ["table_bc_gb"] = TableProblem.Read(Path.Combine(TuningQuality.Folder, "tables", "bc_gb.json")).Curve,
        };
        foreach (string name in new[] { "branin", "hartmann6", "mixed", "conditional", "boosting", "pipeline", "sphere5", "rastrigin5" })
        {
            Func<SamplerHarness, double> problem = Problems.Find(name, TuningQuality.Folder);
            double spread = Spread(problem);
            curves[$"{name}, honest curves"] = h => Curve(problem(h), spread, 0);
            curves[$"{name}, crossing curves"] = h => Curve(problem(h), spread, 1);
        }

        Console.WriteLine("| problem | whole trials' steps | all trials | own bracket's | all better, p | own better, p |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|");
        foreach ((string name, Func<SamplerHarness, double[]> curve) in curves)
        {
            double[][] all = [.. Enumerable.Range(0, seeds).Select(seed => Search(curve, seed, own: false))];
            double[][] own = [.. Enumerable.Range(0, seeds).Select(seed => Search(curve, seed, own: true))];
            for (int i = 0; i < WholeTrials.Length; i++)
            {
                var row = QualityComparison.Of([.. all.Select(best => best[i])], [.. own.Select(best => best[i])], [1], [0]);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {name} | {WholeTrials[i]} | {row.Ours:G4} | {row.Theirs:G4} | {row.BetterP:G2} | {row.WorseP:G2} |"));
            }
        }
    }

    /// <summary>Half of what lies between the quartiles of random search: what a training has still to gain.</summary>
    private static double Spread(Func<SamplerHarness, double> problem)
    {
        double[] values = [.. Enumerable.Range(0, 400).Select(seed => new SamplerHarness(new RandomSampler(), seed).Run(problem, 1)).Order()];
        return 0.5 * (values[300] - values[100]);
    }

    /// <summary>
    /// Falls towards the value, at a pace of the trial's own when curves cross: then some that end well begin badly, which nothing but training on shows.
    /// </summary>
    private static double[] Curve(double value, double spread, double crossing)
    {
        double pace = 3 - (2.5 * crossing * Math.Abs(Math.Sin(1e4 * value / spread)));
        return [.. Enumerable.Range(1, Steps).Select(step => value + (spread * Math.Exp(-pace * step * 2 / Steps)))];
    }

    private static double[] Search(Func<SamplerHarness, double[]> curve, int seed, bool own)
    {
        var space = new StudySpace("harness", [Direction.Minimize], seed);
        int steps = curve(Asked(new SamplerHarness(new RandomSampler(), seed))).Length;
        var pruner = new HyperbandPruner { MaximumResource = steps };
        var brackets = new Brackets(space.Study, pruner.MinimumResource, steps, pruner.ReductionFactor);
        SamplerHarness[] harnesses = [.. Enumerable.Range(0, own ? brackets.Shares.Count : 1).Select(bracket => new SamplerHarness(new TpeSampler(), (seed * 31) + bracket))];
        var standings = new Standings(space);
        int next = 0;
        double[] found = new double[WholeTrials.Length];
        double best = double.PositiveInfinity;
        int spent = 0;
        int passed = 0;
        while (passed < found.Length)
        {
            SamplerHarness harness = Asked(harnesses[own ? brackets.Of(next) : 0]);
            double[] values = curve(harness);
            ReportedTrial trial = standings.Of(next++);
            int step = 0;
            do
            {
                standings.Report(trial, new TrialReport(step + 1, values[step]));
                step++;
                spent++;
            }
            while (step < values.Length && pruner.Judge(new PruningContext(space, trial, step - 1, standings)) == PruningVerdict.Continue);

            if (step == values.Length)
            {
                standings.Change(trial, ended => (ended.State, ended.Values) = (TrialState.Completed, [values[^1]]));
                best = Math.Min(best, values[^1]);
                harness.End(values[^1]);
            }
            else
            {
                standings.Change(trial, static ended => ended.State = TrialState.Pruned);
                harness.Prune(trial.Reports[^1]);
            }

            for (; passed < found.Length && spent >= WholeTrials[passed] * values.Length; passed++)
            {
                found[passed] = best;
            }
        }

        return found;
    }

    private static SamplerHarness Asked(SamplerHarness harness)
    {
        harness.Begin();
        return harness;
    }
}
