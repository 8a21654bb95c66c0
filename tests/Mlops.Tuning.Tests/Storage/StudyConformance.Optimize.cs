using System.Collections.Concurrent;

namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task Optimising_runs_as_many_trials_as_the_study_is_to_have_in_total()
    {
        Study study = await OpenStudyAsync();
        await study.OptimizeAsync(Square, new() { TotalTrials = 12 });
        int ran = 0;

        StudyProgress progress = await (await OpenStudyAsync()).OptimizeAsync(
            (trial, token) =>
            {
                Interlocked.Increment(ref ran);
                return Square(trial, token);
            },
            new() { TotalTrials = 20 });

        Assert.That(ran, Is.EqualTo(8));
        Assert.That(progress.Finished, Is.EqualTo(20));
        TrialRecord best = (await study.FindBestAsync())!;
        Assert.That(progress.BestValue, Is.EqualTo(best.Value));
        Assert.That(progress.BestNumber, Is.EqualTo(best.Number));
    }

    [TestCase(2)]
    [TestCase(8)]
    public async Task Parameters_by_trial_number_do_not_depend_on_parallelism(int parallelism)
    {
        Study sequential = await OpenStudyAsync("sequential", seed: 99);
        Study parallel = await OpenStudyAsync("parallel", seed: 99);
        await sequential.OptimizeAsync(Conditional, new() { TotalTrials = 60 });
        await parallel.OptimizeAsync(Conditional, new() { TotalTrials = 60, Parallelism = parallelism });

        List<TrialRecord> expected = await AllAsync(sequential);
        List<TrialRecord> actual = await AllAsync(parallel);
        Assert.That(actual.Select(trial => trial.Parameters), Is.EqualTo(expected.Select(trial => trial.Parameters)));
        Assert.That(actual.Select(trial => trial.Value), Is.EqualTo(expected.Select(trial => trial.Value)));

        static async Task<double> Conditional(Trial trial, CancellationToken cancellationToken)
        {
            await Task.Yield();
            double value = trial.SuggestBool("deep") ? trial.SuggestInt("layers", 1, 9) : -trial.SuggestDouble("rate", 1e-3, 1, log: true);
            return value + trial.SuggestDouble("x", 0, 1);
        }
    }

    [Test]
    public async Task Parameters_by_trial_number_do_not_depend_on_resumption()
    {
        Study whole = await OpenStudyAsync("whole", seed: 7);
        await whole.OptimizeAsync(Square, new() { TotalTrials = 30 });
        for (int total = 10; total <= 30; total += 10)
        {
            await (await OpenStudyAsync("parts", seed: 7)).OptimizeAsync(Square, new() { TotalTrials = total, Parallelism = 3 });
        }

        Study parts = await OpenStudyAsync("parts");
        Assert.That((await AllAsync(parts)).Select(trial => trial.Get<double>("x")), Is.EqualTo((await AllAsync(whole)).Select(trial => trial.Get<double>("x"))));
    }

    [Test]
    public async Task An_objective_that_throws_fails_its_trial_and_the_study_goes_on()
    {
        Study study = await OpenStudyAsync();
        StudyProgress progress = await study.OptimizeAsync(
            (trial, token) => trial.Number switch
            {
                1 => throw new InvalidOperationException("no \0 data"),
                2 => Task.FromResult(double.NaN),
                3 => throw new TrialPrunedException(),
                4 => throw new OperationCanceledException("its own time limit"),
                _ => Square(trial, token),
            },
            new() { TotalTrials = 6 });

        List<TrialRecord> trials = await AllAsync(study);
        Assert.That((progress.Completed, progress.Pruned, progress.Failed), Is.EqualTo((2, 1, 3)));
        Assert.That(trials[1].Reason, Is.EqualTo("InvalidOperationException: no \uFFFD data"));
        Assert.That(trials[2].Reason, Does.Contain("NaN"));
        Assert.That(trials[3].State, Is.EqualTo(TrialState.Pruned));
        Assert.That(trials[4].State, Is.EqualTo(TrialState.Failed));
    }

    [Test]
    public async Task Missing_values_fail_a_trial_of_several_objectives()
    {
        Study study = await NewProcess().OpenAsync("s", [Direction.Minimize, Direction.Minimize]);
        await study.OptimizeAsync(
            (trial, _) => Task.FromResult<double[]>(trial.Number switch { 0 => [1, 2], 1 => [1], 2 => null!, _ => [1, double.NaN] }),
            new() { TotalTrials = 4 });

        List<TrialRecord> trials = await AllAsync(study);
        Assert.That(trials[0].Values, Is.EqualTo(new[] { 1.0, 2.0 }));
        Assert.That(trials.Skip(1).Select(trial => trial.State), Is.All.EqualTo(TrialState.Failed));
        Assert.That(trials[1].Reason, Does.Contain("1 values, 2 are needed"));
        Assert.That(trials[2].Reason, Does.Contain("0 values"));
        Assert.That(trials[3].Reason, Does.Contain("for objective 1"));
        Assert.That(
            () => study.OptimizeAsync(Square, new() { TotalTrials = 5 }), Throws.InvalidOperationException.With.Message.Contains("2 objectives"));
    }

    [Test]
    public async Task Cancellation_gives_running_trials_back()
    {
        Study study = await OpenStudyAsync();
        using var cancel = new CancellationTokenSource();
        Task optimising = study.OptimizeAsync(
            async (trial, token) =>
            {
                Ask(trial);
                if (trial.Number == 4)
                {
                    await cancel.CancelAsync();
                }

                if (trial.Number >= 3)
                {
                    await Task.Delay(Timeout.Infinite, token);
                }

                return 1;
            },
            new() { TotalTrials = 10, Parallelism = 2 },
            cancel.Token);
        Assert.That(async () => await optimising, Throws.InstanceOf<OperationCanceledException>());

        // No lease has to run out: the next call takes the two over at once.
        await (await OpenStudyAsync()).OptimizeAsync(Square, new() { TotalTrials = 10 });
        List<TrialRecord> trials = await AllAsync(study);
        Assert.That(trials.Select(trial => trial.State), Is.All.EqualTo(TrialState.Completed));
        Assert.That(trials.Select(trial => trial.Attempt), Is.All.EqualTo(1));
    }

    [Test]
    public async Task A_value_returned_in_spite_of_cancellation_is_kept()
    {
        Study study = await OpenStudyAsync();
        using var cancel = new CancellationTokenSource();
        Task optimising = study.OptimizeAsync(
            async (trial, _) =>
            {
                await cancel.CancelAsync();
                return trial.Number;
            },
            new() { TotalTrials = 10 },
            cancel.Token);

        Assert.That(async () => await optimising, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await AllAsync(study)).Single().State, Is.EqualTo(TrialState.Completed));
    }

    [Test]
    public async Task Several_processes_share_a_study()
    {
        var ran = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            Study study = await OpenStudyAsync();
            await study.OptimizeAsync(
                async (trial, token) =>
                {
                    ran.Add(trial.Number);
                    await Task.Delay(1, token);
                    return await Square(trial, token);
                },
                new() { TotalTrials = 100, Parallelism = 2 });
        }));

        Assert.That(ran.Order(), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task Optimising_waits_for_other_processes_and_takes_over_what_they_lose()
    {
        Trial lost = await (await OpenStudyAsync()).AskAsync();
        Study study = await OpenStudyAsync();
        Task<StudyProgress> optimising = study.OptimizeAsync(Square, new() { TotalTrials = 3 });
        await Eventually(async () => (await AllAsync(study)).Count(trial => trial.State == TrialState.Completed) == 2);
        Assert.That(optimising.IsCompleted, Is.False);

        _clock.Advance(Lease);

        Assert.That((await optimising).Completed, Is.EqualTo(3));
        Assert.That((await study.FindTrialAsync(0))!.Attempt, Is.EqualTo(2));
        GC.KeepAlive(lost);
    }

    [Test]
    public async Task No_trial_begins_after_the_time_budget()
    {
        Study study = await OpenStudyAsync();
        await study.OptimizeAsync(
            (trial, token) =>
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                return Square(trial, token);
            },
            new() { TimeBudget = TimeSpan.FromMinutes(5) });

        Assert.That(await AllAsync(study), Has.Count.EqualTo(5));
    }

    [Test]
    public async Task Progress_is_told_after_every_trial()
    {
        Study study = await OpenStudyAsync();
        var told = new List<StudyProgress>();
        await study.OptimizeAsync((trial, _) => Task.FromResult<double>(-trial.Number), new() { TotalTrials = 5, Progress = new Recorder(told) });

        Assert.That(told.Select(progress => progress.Completed), Is.EqualTo(Enumerable.Range(1, 5)));
        Assert.That(told.Select(progress => progress.BestValue), Is.EqualTo(new double?[] { 0, -1, -2, -3, -4 }));
        Assert.That(told[0].TotalTrials, Is.EqualTo(5));
    }

    [Test]
    public async Task An_objective_may_return_its_value_without_a_task()
    {
        Study study = await OpenStudyAsync();
        StudyProgress progress = await study.OptimizeAsync(
            static trial => trial.Number switch { 1 => throw new InvalidOperationException("no"), 2 => throw new TrialPrunedException(), _ => Ask(trial) }, new() { TotalTrials = 5, Parallelism = 2 });

        Assert.That((progress.Completed, progress.Failed, progress.Pruned), Is.EqualTo((3, 1, 1)));
        Study two = await NewProcess().OpenAsync("two", [Direction.Minimize, Direction.Minimize]);
        Assert.That(() => two.OptimizeAsync(Ask, new() { TotalTrials = 1 }), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Progress_can_be_asked_for_from_another_process()
    {
        Study study = await OpenStudyAsync();
        Assert.That(await study.GetProgressAsync(), Is.EqualTo(new StudyProgress("s", 0, 0, 0, null, null, null)));
        await study.OptimizeAsync(
            static trial =>
            {
                trial.SetConstraint("c", trial.Number == 4 ? 1 : 0);
                return trial.Number switch { 1 => double.NaN, 2 => throw new TrialPrunedException(), 3 => throw new TrialPausedException(), _ => -trial.Number };
            },
            new() { TotalTrials = 6 });
        await study.AskAsync();

        Assert.That(await (await OpenStudyAsync()).GetProgressAsync(), Is.EqualTo(new StudyProgress("s", 3, 1, 1, null, 5, -5) { Paused = 1 }));
        Study two = await NewProcess().OpenAsync("two", [Direction.Minimize, Direction.Minimize]);
        await two.TellAsync(await two.AskAsync(), [1, 2]);
        Assert.That(await two.GetProgressAsync(), Is.EqualTo(new StudyProgress("two", 1, 0, 0, null, null, null)));
    }

    [Test]
    public async Task Progress_shows_the_best_of_those_that_satisfy_their_constraints()
    {
        Study study = await OpenStudyAsync();
        var told = new List<StudyProgress>();
        await study.OptimizeAsync(
            static (trial, _) =>
            {
                trial.SetConstraint("even", trial.Number % 2);
                return Task.FromResult<double>(-trial.Number);
            },
            new() { TotalTrials = 4, Progress = new Recorder(told) });

        Assert.That(told.Select(static progress => progress.BestNumber), Is.EqualTo(new int?[] { 0, 0, 2, 2 }));
    }

    [Test]
    public async Task Options_that_make_no_sense_are_refused_at_once()
    {
        Study study = await OpenStudyAsync();

        Assert.That(() => study.OptimizeAsync(Square, new()), Throws.ArgumentException.With.Message.Contains("never end"));
        Assert.That(() => study.OptimizeAsync(Square, new() { TotalTrials = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => study.OptimizeAsync(Square, new() { TotalTrials = 1, Parallelism = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => study.OptimizeAsync(Square, new() { TimeBudget = TimeSpan.Zero }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Studies(_database, new TuningOptions { LeaseDuration = TimeSpan.Zero }), Throws.ArgumentException);
        Assert.That(() => new Studies(_database, new TuningOptions { MaximumAttempts = 0 }), Throws.ArgumentException);
    }

    private sealed class Recorder(List<StudyProgress> told) : IProgress<StudyProgress>
    {
        public void Report(StudyProgress value) => told.Add(value);
    }
}
