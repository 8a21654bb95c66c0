namespace Mlops.Tuning.Tests;

/// <summary>Objectives that take too long.</summary>
public abstract partial class StudyConformance
{
    private static readonly TimeSpan TrialTime = TimeSpan.FromMinutes(10);

    [Test]
    public async Task An_objective_that_hangs_fails_its_trial_when_its_time_is_over_and_the_study_goes_on()
    {
        Study study = await OpenStudyAsync();
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<StudyProgress> optimising = study.OptimizeAsync(
            async (trial, token) =>
            {
                Ask(trial);
                trial.Report(2, 0.5);
                if (trial.Number == 1)
                {
                    hangs.TrySetResult();
                    await Task.Delay(Timeout.Infinite, token);
                }

                return trial.Number;
            },
            new() { TotalTrials = 4, TrialTimeout = TrialTime, AttemptsPerTrial = 3 });
        await hangs.Task.WaitAsync(TimeSpan.FromMinutes(1));
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
        var blocks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var released = new ManualResetEventSlim();
        Task<StudyProgress> optimising = study.OptimizeAsync(
            (trial, _) =>
            {
                double x = Ask(trial);
                if (trial.Number == 1)
                {
                    blocks.TrySetResult();
                    released.Wait(CancellationToken.None);
                }

                return Task.FromResult(x);
            },
            new() { TotalTrials = 6, TrialTimeout = TrialTime, Parallelism = 2 });
        await blocks.Task.WaitAsync(TimeSpan.FromMinutes(1));
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

    /// <summary>The store is held up while the trial is given back, and its time is over meanwhile.</summary>
    [Test]
    public async Task A_trial_that_is_given_back_when_the_search_is_cancelled_is_not_failed_by_its_time()
    {
        Study study = await OpenStudyAsync();
        using var cancel = new CancellationTokenSource();
        using var holding = new ManualResetEventSlim();
        using var letGo = new ManualResetEventSlim();
        Task? holdingUp = null;
        Task optimising = study.OptimizeAsync(
            async (_, token) =>
            {
                holdingUp = _database.WriteAsync(
                    (holding, letGo),
                    static (session, gate) =>
                    {
                        int held = session.Execute("UPDATE tuning_trial SET owner = owner WHERE number = 0");
                        gate.holding.Set();
                        gate.letGo.Wait();
                        return held;
                    },
                    cancellationToken: CancellationToken.None);
                holding.Wait(CancellationToken.None);
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
                return 0;
            },
            new() { TotalTrials = 1, TrialTimeout = TrialTime },
            cancel.Token);

        // Until then what waits is the ask, or what holds up.
        await Eventually(() => Task.FromResult(cancel.IsCancellationRequested));
        await Eventually(async () => _database.QueueLength > 0 || (_database.Dialect.ForUpdate.Length > 0 && await WaitingForLocksAsync() > 0));

        _time.Advance(TrialTime);
        await Task.Delay(50);
        letGo.Set();

        await Assert.ThatAsync(() => optimising, Throws.InstanceOf<OperationCanceledException>());
        await holdingUp!;
        Trial next = await (await OpenStudyAsync()).AskAsync();
        Assert.That((next.Number, next.Attempt), Is.EqualTo((0, 1)));

        async Task<long> WaitingForLocksAsync() => (await _database.QueryAsync("SELECT count(*) FROM pg_locks WHERE NOT granted", static row => row.GetInt64(0), CancellationToken.None))[0];
    }

    [Test]
    public async Task A_trial_whose_time_is_over_before_the_cancelled_objective_returns_fails()
    {
        Study study = await OpenStudyAsync();
        using var cancel = new CancellationTokenSource();
        Task optimising = study.OptimizeAsync(
            async (_, token) =>
            {
                await cancel.CancelAsync();
                _time.Advance(TrialTime);
                token.ThrowIfCancellationRequested();
                return 0;
            },
            new() { TotalTrials = 1, TrialTimeout = TrialTime },
            cancel.Token);

        await Assert.ThatAsync(() => optimising, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await study.FindTrialAsync(0))!.State, Is.EqualTo(TrialState.Failed));
    }

    [Test]
    public async Task A_search_that_is_cancelled_waits_for_an_objective_that_is_deaf_to_it_and_then_gives_its_trial_back()
    {
        Study study = await OpenStudyAsync();
        using var cancel = new CancellationTokenSource();
        var deaf = new TaskCompletionSource();
        Task optimising = study.OptimizeAsync(
            async (_, token) =>
            {
                await cancel.CancelAsync();
                await deaf.Task;
                token.ThrowIfCancellationRequested();
                return 0;
            },
            new() { TotalTrials = 1 },
            cancel.Token);
        await Assert.ThatAsync(() => optimising.WaitAsync(cancel.Token), Throws.InstanceOf<OperationCanceledException>(), "whoever cannot wait need not");
        Assert.That((optimising.IsCompleted, (await study.FindTrialAsync(0))!.State), Is.EqualTo((false, TrialState.Running)), "nobody else runs beside the objective");

        deaf.SetResult();

        await Assert.ThatAsync(() => optimising, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await (await OpenStudyAsync()).AskAsync()).Number, Is.Zero);
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
