using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class StandingsTests
{
    private const int Trials = 8;

    private static readonly (string Name, IPruner Pruner)[] Pruners =
    [
        ("median", new MedianPruner { StartupTrials = 1 }),
        ("percentile", new PercentilePruner(20) { StartupTrials = 1, MinimumTrials = 2 }),
        ("halving", new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 2, Pauses = true }),
        ("halving, its minimum found by itself", new SuccessiveHalvingPruner { ReductionFactor = 2 }),
        ("hyperband", new HyperbandPruner { MaximumResource = 8, ReductionFactor = 2 }),
        ("hyperband, its maximum found by itself", new HyperbandPruner { ReductionFactor = 2 }),
        ("wilcoxon", new WilcoxonPruner { StartupSteps = 1, Threshold = 0.6 }),
    ];

    /// <summary>What is kept report by report, through ends, pauses and attempts that begin anew, is what sorting everything at once gives; at a lag as well.</summary>
    [TestCaseSource(nameof(Pruners))]
    public void Verdicts_do_not_depend_on_the_order_in_which_trials_came_to_stand_where_they_stand((string Name, IPruner Pruner) rule)
    {
        Gen<(int Kind, int Number, int Step, int Value)> change = Gen.Select(Gen.Int[0, 9], Gen.Int[0, Trials - 1], Gen.Int[0, 9], Gen.Int[-3, 4]);
        Gen.Select(Gen.Bool, Gen.Int[0, 3], change.Array[1, 120]).Sample((maximize, lag, changes) =>
        {
            var space = new StudySpace("s", [maximize ? Direction.Maximize : Direction.Minimize], 0);
            var kept = new Standings(space);
            foreach ((int kind, int number, int step, int value) in changes)
            {
                Apply(kept, kind, kept.Of(number), step, value == 4 ? double.NaN : value == -3 ? double.NegativeInfinity : value);
                Standings fresh = PruningScene.Copy(space, kept.Trials);
                foreach (ReportedTrial trial in kept.Trials.Where(static trial => trial.State is TrialState.Running or TrialState.Paused && trial.Reports.Count > 0))
                {
                    int? hiddenFrom = lag == 3 ? null : trial.Number - lag;
                    PruningVerdict expected = rule.Pruner.Judge(new PruningContext(space, fresh.Of(trial.Number), -1, Without(space, fresh, trial.Number, hiddenFrom)));
                    if (rule.Pruner.Judge(new PruningContext(space, trial, -1, kept, hiddenFrom)) != expected)
                    {
                        return false;
                    }
                }
            }

            return true;
        });
    }

    /// <summary>A step or rung that was asked for is kept in order: nothing is filtered or sorted again.</summary>
    [TestCaseSource(nameof(Pruners))]
    public void A_judgement_allocates_no_more_among_thousands_of_trials_than_among_ten((string Name, IPruner Pruner) rule)
    {
        Assert.That(AllocatedByJudgement(rule.Pruner, 4_000), Is.LessThanOrEqualTo(AllocatedByJudgement(rule.Pruner, 10) + 1_024));

        static long AllocatedByJudgement(IPruner pruner, int trials)
        {
            var pruning = new StudyPruning(pruner, store: null!, new StudyRow(1, "s", [Direction.Minimize], 0), new StudySpace("s", [Direction.Minimize], 0));
            for (int number = 0; number < trials; number++)
            {
                Run(pruning, number, trials);
            }

            pruning.Begin(trials, epoch: 1, []);
            long least = long.MaxValue;
            for (int step = 0; step < 8; step++)
            {
                pruning.Report(trials, 1, new TrialReport(step, 0.5));
                long before = GC.GetAllocatedBytesForCurrentThread();
                pruning.Judge(trials, 1, step - 1);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            return least;
        }
    }

    /// <summary>Of 30 trials nine are worse than the judged one, all in its bracket: it is the best there, and not among the best third of all.</summary>
    [Test]
    public void Halving_looks_at_all_trials_also_after_Hyperband_has_divided_them()
    {
        var halving = new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 3 };
        var hyperband = new HyperbandPruner { MaximumResource = 9, ReductionFactor = 3 };
        var space = new StudySpace("s", [Direction.Minimize], 0);
        var brackets = new Brackets("s", 1, 9, 3);
        int[] first = [.. Enumerable.Range(0, 200).Where(number => brackets.Of(number) == 0).Take(10)];
        int[] others = [.. Enumerable.Range(0, 200).Where(number => brackets.Of(number) != 0).Take(20)];
        var standings = new Standings(space);
        foreach ((int number, double value) in first.Select((number, i) => (number, 10.0 + i)).Concat(others.Select(static number => (number, 0.0))))
        {
            standings.Report(standings.Of(number), new TrialReport(1, value));
        }

        var context = new PruningContext(space, standings.Of(first[0]), -1, standings);

        Assert.That(halving.Judge(context), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(hyperband.Judge(context), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(halving.Judge(context), Is.EqualTo(PruningVerdict.Prune));
        standings.Report(standings.Of(first[0]), new TrialReport(3, 10));
        Assert.That(halving.Judge(context), Is.EqualTo(PruningVerdict.Prune));
    }

    private static void Run(StudyPruning pruning, int number, int trials)
    {
        pruning.Begin(number, epoch: 1, []);
        for (int step = 0; step < 8; step++)
        {
            pruning.Report(number, 1, new TrialReport(step, (double)(number * 7919 % trials) / trials));
            pruning.Judge(number, 1, step - 1);
        }

        pruning.End(number, TrialState.Completed, [number], isFeasible: true, judgedBefore: 6);
    }

    private static void Apply(Standings standings, int kind, ReportedTrial trial, int step, double value)
    {
        if (kind < 6 && trial.State == TrialState.Running)
        {
            standings.Report(trial, new TrialReport(step, value));
        }
        else if (kind == 6 && double.IsFinite(value))
        {
            standings.Change(trial, ended => (ended.State, ended.Values, ended.IsFeasible) = (TrialState.Completed, [value], step > 2));
        }
        else if (kind == 7)
        {
            standings.Change(trial, static ended => (ended.State, ended.Values) = (TrialState.Pruned, []));
        }
        else if (kind == 8)
        {
            standings.Change(trial, static paused => (paused.State, paused.Values) = (TrialState.Paused, []));
        }
        else if (kind == 9)
        {
            standings.Change(trial, static begun =>
            {
                (begun.State, begun.Values) = (TrialState.Running, []);
                begun.Clear();
            });
        }
    }

    private static Standings Without(StudySpace space, Standings all, int number, int? hiddenFrom) => hiddenFrom is null
        ? all
        : PruningScene.Copy(space, all.Trials.Where(trial => trial.Number < hiddenFrom || trial.Number == number));
}
