namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    private static readonly TuningOptions Prompt = new() { ReportInterval = TimeSpan.FromMilliseconds(10) };

    /// <summary>The first attempt got to step 2, where it was to be pruned, and was lost before it was.</summary>
    [Test]
    public async Task An_attempt_that_begins_from_nothing_is_judged_at_the_steps_that_it_repeats()
    {
        var pruner = new ThresholdPruner(upper: 1);
        Study one = await OpenPrunedAsync(pruner, Prompt);
        Trial lost = await one.AskAsync();
        double[] reports = [0, 0.5, 2];
        Report(lost, 0, reports);
        await Eventually(async () => (await one.GetReportsAsync(0)).Count == 3);
        _clock.Advance(Lease);

        foreach (Study study in new[] { await OpenPrunedAsync(pruner), one })
        {
            Trial taken = await study.AskAsync();
            List<PruningVerdict> verdicts = [taken.Judge()];
            for (int step = 0; step < 3; step++)
            {
                taken.Report(step, reports[step]);
                verdicts.Add(taken.Judge());
            }

            Assert.That(taken.Number, Is.Zero);
            Assert.That(verdicts, Is.EqualTo(new[] { PruningVerdict.Continue, PruningVerdict.Continue, PruningVerdict.Continue, PruningVerdict.Prune }));
            await taken.DisposeAsync();
        }
    }

    [Test]
    public async Task An_attempt_that_goes_on_from_a_checkpoint_is_judged_from_there()
    {
        var seen = new StepProbe();
        Study study = await OpenPrunedAsync(seen, Prompt);
        Trial lost = await study.AskAsync();
        Report(lost, 0, [5, 4]);
        await lost.SaveCheckpointAsync(1, new byte[] { 1 });
        Report(lost, 2, [3, 2]);
        await Eventually(async () => (await study.GetReportsAsync(0)).Count == 4);
        _clock.Advance(Lease);

        Trial taken = await study.AskAsync();
        taken.Report(2, 3);
        taken.Judge();

        Assert.That((taken.Number, (await taken.FindCheckpointAsync())!.Step), Is.EqualTo((0, 1)));
        Assert.That(seen.Steps[^1], Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public async Task An_attempt_that_was_lost_does_not_mix_its_reports_with_those_of_the_next()
    {
        var seen = new StepProbe();
        Study study = await OpenPrunedAsync(seen);
        Trial lost = await study.AskAsync();
        _clock.Advance(Lease);
        Trial taken = await study.AskAsync();

        taken.Report(0, 1);
        lost.Report(7, 1);
        Assert.That(lost.Judge(), Is.EqualTo(PruningVerdict.Continue));
        taken.Judge();

        Assert.That(taken.Number, Is.Zero);
        Assert.That(seen.Steps, Is.EqualTo(new[] { new[] { 0 } }));
    }

    /// <summary>An objective that throws after its last report and before it is pruned: the next attempt is pruned at the same step.</summary>
    [Test]
    public async Task At_a_lag_trials_that_are_tried_again_are_pruned_like_undisturbed_ones()
    {
        List<(TrialState, TrialReport?)[]> runs = [];
        foreach (bool disturb in new[] { false, true })
        {
            StudyOptions options = Lagged("tpe");
            options.Pruner = new MedianPruner { StartupTrials = 4 };
            Study study = await NewProcess(new TuningOptions { ReportInterval = TimeSpan.FromMilliseconds(10), MaximumAttempts = 10 }).OpenAsync($"disturbed {disturb}", Direction.Minimize, options);
            await study.OptimizeAsync(
                async (trial, _) =>
                {
                    double x = trial.SuggestDouble("x", -2, 2);
                    for (int step = 0; step < 5; step++)
                    {
                        trial.Report(step, (x * x) + (1.0 / (step + 1)));
                        if (disturb && trial.Attempt <= trial.Number % 3 && step == trial.Number % 5)
                        {
                            await Task.Delay(trial.Number % 2 * 20, CancellationToken.None);
                            throw new InvalidOperationException("between a report and its judgement");
                        }

                        trial.ThrowIfPruned();
                    }

                    return x * x;
                },
                new() { TotalTrials = 40, Parallelism = disturb ? 3 : 1, AttemptsPerTrial = 5 });
            runs.Add([.. (await AllAsync(study)).Select(static trial => (trial.State, trial.LastReport))]);
        }

        Assert.That(runs[0].Count(static trial => trial.Item1 == TrialState.Pruned), Is.InRange(5, 35));
        Assert.That(runs[1], Is.EqualTo(runs[0]));
    }

    [Test]
    public async Task A_callback_that_throws_does_not_stop_the_renewal_of_other_trials()
    {
        Study study = await NewProcess(Prompt).OpenAsync("s", Direction.Minimize);
        Trial lost = await study.AskAsync();
        _clock.Advance(Lease);
        await (await OpenStudyAsync()).AskAsync();
        Trial held = await study.AskAsync();
        await using CancellationTokenRegistration thrower = lost.Lost.Register(static () => throw new InvalidOperationException("the user's"));

        lost.Report(0, 1);
        held.Report(0, 1);
        await Eventually(() => Task.FromResult(lost.Lost.IsCancellationRequested));
        held.Report(1, 1);
        await Eventually(async () => (await study.GetReportsAsync(1)).Count == 2);
        await study.TellAsync(held, 1).WaitAsync(TimeSpan.FromMinutes(1));

        Trial next = await study.AskAsync();
        next.Report(0, 1);
        await Eventually(async () => (await study.GetReportsAsync(2)).Count == 1);
    }

    private static void Report(Trial trial, int first, double[] values)
    {
        foreach (double value in values)
        {
            trial.Report(first++, value);
        }
    }

    /// <summary>Remembers which steps it has seen at each judgement.</summary>
    private sealed class StepProbe : IPruner
    {
        public string Name => "probe";

        public List<int[]> Steps { get; } = [];

        public PruningVerdict Judge(PruningContext context)
        {
            Steps.Add([.. context.Trial.Reports.Select(static report => report.Step)]);
            return PruningVerdict.Continue;
        }
    }
}
