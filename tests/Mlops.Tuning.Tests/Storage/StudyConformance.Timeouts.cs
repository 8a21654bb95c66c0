namespace Mlops.Tuning.Tests;

/// <summary>Objectives that take too long.</summary>
public abstract partial class StudyConformance
{
    private static readonly TimeSpan TrialTime = TimeSpan.FromMinutes(10);

    [Test]
    public async Task An_objective_that_hangs_fails_its_trial_when_its_time_is_over_and_the_study_goes_on()
    {
        Study study = await OpenStudyAsync();
        Task<StudyProgress> optimising = study.OptimizeAsync(
            async (trial, token) =>
            {
                Ask(trial);
                trial.Report(2, 0.5);
                if (trial.Number == 1)
                {
                    await Task.Delay(Timeout.Infinite, token);
                }

                return trial.Number;
            },
            new() { TotalTrials = 4, TrialTimeout = TrialTime, AttemptsPerTrial = 3 });
        await Eventually(async () => (await AllAsync(study)).Count == 2);
        Assert.That(optimising.IsCompleted, Is.False);

        _time.Advance(TrialTime);

        StudyProgress progress = await optimising;
        TrialRecord late = (await study.FindTrialAsync(1))!;
        Assert.That((progress.Completed, progress.Failed), Is.EqualTo((3, 1)));
        Assert.That((late.State, late.Attempt, late.LastReport), Is.EqualTo((TrialState.Failed, 1, new TrialReport(2, 0.5))));
        Assert.That(late.Reason, Is.EqualTo("The objective took longer than 00:10:00, the time that a trial has."));
    }

    [Test]
    public async Task An_objective_that_blocks_its_thread_and_ignores_its_token_holds_up_nobody_else_and_its_value_is_discarded()
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new() { Sampler = new TpeSampler(), Determinism = Determinism.Lag(1) });
        using var released = new ManualResetEventSlim();
        Task<StudyProgress> optimising = study.OptimizeAsync(
            (trial, _) =>
            {
                double x = Ask(trial);
                if (trial.Number == 1)
                {
                    released.Wait(CancellationToken.None);
                }

                return Task.FromResult(x);
            },
            new() { TotalTrials = 6, TrialTimeout = TrialTime, Parallelism = 2 });
        await Eventually(async () => (await study.FindTrialAsync(2))?.State == TrialState.Completed);

        _time.Advance(TrialTime);

        // At a lag of one trial 3 is to see trial 1.
        await Eventually(async () => (await AllAsync(study)).Count(static trial => trial.State == TrialState.Completed) == 5);
        Assert.That(optimising.IsCompleted, Is.False, "the worker is still held");
        released.Set();
        StudyProgress progress = await optimising;
        Assert.That((progress.Completed, progress.Failed), Is.EqualTo((5, 1)));
        Assert.That((await study.FindTrialAsync(1))!.State, Is.EqualTo(TrialState.Failed));
    }

    [Test]
    public async Task A_trial_that_ends_within_its_time_is_not_touched_by_it()
    {
        Study study = await OpenStudyAsync();

        StudyProgress progress = await study.OptimizeAsync(
            (trial, token) =>
            {
                _time.Advance(TrialTime * 0.9);
                return Square(trial, token);
            },
            new() { TotalTrials = 5, TrialTimeout = TrialTime });
        _time.Advance(TrialTime);

        Assert.That((progress.Completed, progress.Failed), Is.EqualTo((5, 0)));
        Assert.That(() => study.OptimizeAsync(Square, new() { TotalTrials = 6, TrialTimeout = TimeSpan.Zero }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => study.OptimizeAsync(Square, new() { TotalTrials = 6, TrialTimeout = TimeSpan.FromDays(31) }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
