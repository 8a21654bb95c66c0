namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    private static readonly IPruner Halving = new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 2 };
    private static readonly IPruner Pausing = new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 2, Pauses = true };

    [Test]
    public async Task A_pruner_ends_trials_that_report_worse_than_others()
    {
        Study study = await OpenPrunedAsync(Halving);
        int[] steps = new int[4];
        await study.OptimizeAsync(
            (trial, _) =>
            {
                for (int step = 0; step < 4; step++)
                {
                    steps[trial.Number]++;
                    trial.Report(step, trial.Number == 3 ? -1 : trial.Number);
                    trial.ThrowIfPruned();
                }

                return Task.FromResult<double>(trial.Number);
            },
            new() { TotalTrials = 4 });

        Assert.That(steps, Is.EqualTo(new[] { 4, 2, 2, 4 }));
        Assert.That((await AllAsync(study)).Select(trial => trial.State), Is.EqualTo(new[] { TrialState.Completed, TrialState.Pruned, TrialState.Pruned, TrialState.Completed }));
        Assert.That((await study.FindTrialAsync(1))!.LastReport, Is.EqualTo(new TrialReport(1, 1)));
    }

    [Test]
    public async Task A_trial_is_judged_once_per_report()
    {
        Study study = await OpenPrunedAsync(new ThresholdPruner(upper: 1));
        Trial trial = await study.AskAsync();

        Assert.That(trial.ShouldPrune(), Is.False);
        trial.Report(0, 2);
        Assert.That(trial.Judge(), Is.EqualTo(PruningVerdict.Prune));
        trial.Report(0, 0);
        Assert.That(trial.Judge(), Is.EqualTo(PruningVerdict.Prune));
        trial.Report(1, 0);
        Assert.That(trial.Judge(), Is.EqualTo(PruningVerdict.Continue));
        await study.TellAsync(trial, 0);
        Assert.That(trial.Judge, Throws.InvalidOperationException);
    }

    [Test]
    public async Task With_several_objectives_reports_are_compared_in_the_direction_of_the_first()
    {
        Study study = await NewProcess().OpenAsync("s", [Direction.Maximize, Direction.Minimize], new StudyOptions { Pruner = Halving });
        await study.OptimizeAsync(
            (trial, _) =>
            {
                trial.Report(1, trial.Number == 2 ? -1 : trial.Number);
                trial.ThrowIfPruned();
                return Task.FromResult<double[]>([trial.Number, 0]);
            },
            new() { TotalTrials = 3 });

        Assert.That((await AllAsync(study)).Select(trial => trial.State), Is.EqualTo(new[] { TrialState.Completed, TrialState.Completed, TrialState.Pruned }));
    }

    [Test]
    public async Task A_report_that_a_lost_attempt_may_not_have_been_judged_by_is_judged_by_the_next()
    {
        Study one = await OpenPrunedAsync(new ThresholdPruner(upper: 1), Silent);
        Trial lost = await one.AskAsync();
        lost.Report(0, 0.5);
        lost.Report(1, 2);
        await lost.SaveCheckpointAsync(1, new byte[] { 1 });
        _clock.Advance(LongLease);

        Study two = await OpenPrunedAsync(new ThresholdPruner(upper: 1));
        Trial taken = await two.AskAsync();

        Assert.That((taken.Number, taken.Judge()), Is.EqualTo((0, PruningVerdict.Prune)));
    }

    private Task<Study> OpenPrunedAsync(IPruner pruner, TuningOptions? options = null) =>
        NewProcess(options).OpenAsync("s", Direction.Minimize, new StudyOptions { Pruner = pruner });
}
