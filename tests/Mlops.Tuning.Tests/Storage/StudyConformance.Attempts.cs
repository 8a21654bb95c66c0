namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task An_objective_that_throws_is_tried_again_with_the_same_values_and_its_reports_stay()
    {
        Study study = await OpenStudyAsync();
        List<(int Number, int Attempt, double X)> calls = [];

        StudyProgress progress = await study.OptimizeAsync(
            (trial, _) =>
            {
                calls.Add((trial.Number, trial.Attempt, trial.SuggestDouble("x", 0, 1)));
                trial.Report(trial.Attempt, 10 * trial.Attempt);
                return trial is { Number: 1, Attempt: < 3 } ? throw new InvalidOperationException("flaky") : Task.FromResult(1.0);
            },
            new() { TotalTrials = 3, AttemptsPerTrial = 3 });

        Assert.That(progress.Completed, Is.EqualTo(3));
        Assert.That(calls.Select(static call => (call.Number, call.Attempt)), Is.EqualTo(new[] { (0, 1), (1, 1), (1, 2), (1, 3), (2, 1) }));
        Assert.That(calls.Where(static call => call.Number == 1).Select(static call => call.X).Distinct().Count(), Is.EqualTo(1));
        Assert.That(await study.GetReportsAsync(1), Is.EqualTo(new TrialReport[] { new(1, 10), new(2, 20), new(3, 30) }));
        Assert.That((await AllAsync(study))[1].Attempt, Is.EqualTo(3));
    }

    [Test]
    public async Task A_trial_fails_with_the_last_reason_when_its_attempts_are_used_up([Values(2, 9)] int attempts)
    {
        Study study = await NewProcess(new TuningOptions { MaximumAttempts = 3 }).OpenAsync("s", Direction.Minimize);

        await study.OptimizeAsync(
            static Task<double> (trial, _) => throw new InvalidOperationException($"attempt {trial.Attempt}"), new() { TotalTrials = 2, AttemptsPerTrial = attempts, Parallelism = 2 });

        int made = Math.Min(attempts, 3);
        Assert.That((await AllAsync(study)).Select(static trial => (trial.State, trial.Attempt, trial.Reason)), Is.All.EqualTo((TrialState.Failed, made, $"InvalidOperationException: attempt {made}")));
    }

    [Test]
    public async Task The_search_ends_when_the_best_value_stands_still()
    {
        Study study = await OpenStudyAsync();
        Func<Trial, CancellationToken, Task<double>> objective = static (trial, _) => Task.FromResult((double)Math.Max(0, 10 - trial.Number));

        StudyProgress progress = await study.OptimizeAsync(objective, new() { TotalTrials = 100, ConvergenceTrials = 4 });

        Assert.That((progress.Finished, progress.HasConverged), Is.EqualTo((15, true)));
        Assert.That((await study.OptimizeAsync(objective, new() { TotalTrials = 100, ConvergenceTrials = 4 })).Finished, Is.EqualTo(15), "what was found before counts");
        Assert.That((await study.OptimizeAsync(objective, new() { TotalTrials = 20, ConvergenceTrials = 40 })).HasConverged, Is.False);
    }

    [Test]
    public async Task Convergence_needs_one_objective_and_options_in_range()
    {
        Study two = await NewProcess().OpenAsync("two", [Direction.Minimize, Direction.Minimize]);
        Study one = await OpenStudyAsync("one");

        Assert.That(() => two.OptimizeAsync(static (_, _) => Task.FromResult(new double[2]), new() { TotalTrials = 3, ConvergenceTrials = 2 }), Throws.ArgumentException);
        Assert.That(() => one.OptimizeAsync(Square, new() { TotalTrials = 3, ConvergenceTrials = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => one.OptimizeAsync(Square, new() { TotalTrials = 3, ConvergenceTolerance = double.NaN }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => one.OptimizeAsync(Square, new() { TotalTrials = 3, AttemptsPerTrial = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
