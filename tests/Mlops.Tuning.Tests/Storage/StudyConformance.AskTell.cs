using Mlops.Storage;

namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task Numbers_and_finish_sequences_have_no_gaps()
    {
        Study study = await OpenStudyAsync();
        Trial[] trials = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => study.AskAsync()));
        await Task.WhenAll(trials.Select(trial => study.TellAsync(trial, trial.Number)));
        await study.TellAsync(trials[3], trials[3].Number);
        Assert.That(() => study.TellAsync(trials[4], 100), Throws.InstanceOf<TrialFinishedException>());
        TrialRecord last = await study.TellAsync(await study.AskAsync(), 20);

        List<TrialRecord> stored = await AllAsync(study);
        Assert.That(stored.Select(trial => trial.Number), Is.EqualTo(Enumerable.Range(0, 21)));
        Assert.That(stored.Select(trial => trial.FinishSequence).Order(), Is.EqualTo(Enumerable.Range(1, 21)));
        Assert.That(last.FinishSequence, Is.EqualTo(21), "neither a repeated nor a refused tell takes a place");
    }

    [Test]
    public async Task What_was_asked_for_is_stored_in_its_order()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        double lambda = trial.SuggestDouble("lambda", 1e-6, 1e2, log: true);
        int lags = trial.SuggestInt("lags", 1, 8);
        string kernel = trial.SuggestCategorical("kernel", "rbf", "poly");
        int units = trial.SuggestCategorical("units", 16, 32, 64);
        DayOfWeek day = trial.SuggestCategorical("day", DayOfWeek.Monday, DayOfWeek.Friday);
        bool deep = trial.SuggestBool("deep");

        TrialRecord told = await study.TellAsync(trial, 0.5);
        TrialRecord stored = (await study.FindTrialAsync(0))!;

        Assert.That(stored.Parameters.Keys, Is.EqualTo(new[] { "lambda", "lags", "kernel", "units", "day", "deep" }));
        Assert.That(stored.Parameters, Is.EqualTo(told.Parameters));
        Assert.That(stored.Get<double>("lambda"), Is.EqualTo(lambda));
        Assert.That(stored.Get<int>("lags"), Is.EqualTo(lags));
        Assert.That(stored.Get<string>("kernel"), Is.EqualTo(kernel));
        Assert.That(stored.Get<string>("units"), Is.EqualTo(units.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Assert.That(stored.Get<DayOfWeek>("day"), Is.EqualTo(day));
        Assert.That(stored.Get<bool>("deep"), Is.EqualTo(deep));
        Assert.That(() => stored.Get<double>("gamma"), Throws.InstanceOf<KeyNotFoundException>().With.Message.Contains("lambda, lags"));
    }

    [Test]
    public async Task A_record_says_when_and_how_it_ended()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        _time.Advance(TimeSpan.FromSeconds(90));
        await study.TellAsync(trial, 0.25);

        TrialRecord stored = (await study.FindTrialAsync(0))!;

        Assert.That(stored.State, Is.EqualTo(TrialState.Completed));
        Assert.That(stored.Value, Is.EqualTo(0.25));
        Assert.That(stored.Finished - stored.Started, Is.EqualTo(TimeSpan.FromSeconds(90)));
        Assert.That(stored.Attempt, Is.EqualTo(1));
        Assert.That(stored.Reason, Is.Null);
    }

    [Test]
    public async Task The_best_trial_follows_the_direction_and_the_earlier_wins_a_tie([Values] Direction direction)
    {
        Study study = await NewProcess().OpenAsync("s", direction);
        Assert.That(await study.FindBestAsync(), Is.Null);
        foreach (double value in new[] { 2.0, 1.0, 3.0, 1.0, 3.0 })
        {
            await study.TellAsync(await study.AskAsync(), value);
        }

        await study.FailAsync(await study.AskAsync(), "because");

        Assert.That((await study.FindBestAsync())!.Number, Is.EqualTo(direction == Direction.Minimize ? 1 : 2));
        Assert.That((await study.GetBestAsync()).Number, Is.EqualTo(direction == Direction.Minimize ? 1 : 2));
    }

    [Test]
    public async Task A_study_without_a_completed_trial_has_no_best_one_and_says_what_became_of_them()
    {
        Study study = await OpenStudyAsync();
        await study.FailAsync(await study.AskAsync(), "because");
        await study.TellAsync(await study.AskAsync(), double.NaN);
        await study.PruneAsync(await study.AskAsync());
        await study.AskAsync();

        NoCompletedTrialException none = (await Assert.ThrowsAsync<NoCompletedTrialException>(() => study.GetBestAsync()))!;
        Assert.That(none.Study, Is.EqualTo("s"));
        Assert.That(none.Message, Does.Contain("2 failed, 1 pruned, 1 run"));
    }

    [Test]
    public async Task Telling_the_same_again_does_nothing()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        TrialRecord first = await study.TellAsync(trial, 1.5);
        _time.Advance(TimeSpan.FromHours(1));

        TrialRecord second = await study.TellAsync(trial, 1.5);

        Assert.That(second.Finished, Is.EqualTo(first.Finished));
        Assert.That(await AllAsync(study), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Telling_something_else_again_is_refused()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        await study.TellAsync(trial, 1.5);

        TrialFinishedException? refused = await Assert.ThrowsAsync<TrialFinishedException>(() => study.TellAsync(trial, 2.5));
        Assert.That(refused!.Message, Does.Contain("Completed with 1.5"));
        Assert.That(() => study.PruneAsync(trial), Throws.InstanceOf<TrialFinishedException>());
        Assert.That((await study.FindTrialAsync(0))!.Value, Is.EqualTo(1.5));
    }

    [Test]
    public async Task A_value_that_is_not_finite_fails_the_trial_with_the_reason(
        [Values(double.NaN, double.PositiveInfinity, double.NegativeInfinity)] double value)
    {
        Study study = await OpenStudyAsync();
        await study.TellAsync(await study.AskAsync(), value);

        TrialRecord stored = (await study.FindTrialAsync(0))!;

        Assert.That(stored.State, Is.EqualTo(TrialState.Failed));
        Assert.That(stored.Value, Is.Null);
        Assert.That(stored.Reason, Does.Contain(value.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Test]
    public async Task The_wrong_number_of_values_is_refused_and_the_trial_goes_on()
    {
        Study study = await NewProcess().OpenAsync("s", [Direction.Minimize, Direction.Maximize]);
        Trial trial = await study.AskAsync();

        Assert.That(() => study.TellAsync(trial, 1.0), Throws.ArgumentException.With.Message.Contains("2 objectives, got 1"));
        await study.TellAsync(trial, [1.0, 2.0]);
        Assert.That((await study.FindTrialAsync(0))!.Values, Is.EqualTo(new[] { 1.0, 2.0 }));
    }

    [Test]
    public async Task The_Pareto_front_holds_what_nothing_beats()
    {
        Study study = await NewProcess().OpenAsync("s", [Direction.Minimize, Direction.Maximize]);
        foreach (double[] values in new double[][] { [1, 1], [2, 2], [2, 1], [0.5, 0.5], [1, 1] })
        {
            await study.TellAsync(await study.AskAsync(), values);
        }

        Assert.That((await study.GetParetoFrontAsync()).Select(trial => trial.Number), Is.EqualTo(new[] { 0, 1, 3, 4 }));
        Assert.That(() => study.FindBestAsync(), Throws.InvalidOperationException.With.Message.Contains("GetParetoFrontAsync"));
        Assert.That(() => study.GetBestAsync(), Throws.InvalidOperationException.With.Message.Contains("GetParetoFrontAsync"));
    }

    [Test]
    public async Task A_trial_of_another_study_is_refused()
    {
        Study one = await OpenStudyAsync("one");
        Study two = await OpenStudyAsync("two");
        Trial trial = await one.AskAsync();

        Assert.That(() => two.TellAsync(trial, 1), Throws.ArgumentException.With.Message.Contains("'one'"));
    }

    [Test]
    public async Task A_told_trial_takes_nothing_more()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        await study.PruneAsync(trial);

        Assert.That(() => Ask(trial), Throws.InvalidOperationException.With.Message.Contains("Pruned"));
        Assert.That(() => trial.Report(0, 1), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Reports_are_stored_by_step_and_the_later_value_of_a_step_counts()
    {
        Study study = await NewProcess(new TuningOptions { ReportInterval = TimeSpan.FromMilliseconds(10) }).OpenAsync("s", Direction.Minimize);
        Trial trial = await study.AskAsync();
        trial.Report(1, 0.5);
        trial.Report(0, double.NaN);
        await Eventually(async () => (await study.GetReportsAsync(0)).Count == 2);
        trial.Report(2, double.PositiveInfinity);
        trial.Report(1, 0.25);
        await study.PruneAsync(trial);

        Assert.That(await study.GetReportsAsync(0), Is.EqualTo(new TrialReport[] { new(0, double.NaN), new(1, 0.25), new(2, double.PositiveInfinity) }));
        Assert.That((await study.FindTrialAsync(0))!.LastReport, Is.EqualTo(new TrialReport(2, double.PositiveInfinity)));
        Assert.That(() => trial.Report(-1, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Reports_whose_stored_form_is_damaged_are_refused()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        trial.Report(0, 1);
        await study.TellAsync(trial, 1);
        await _database.WriteAsync(
            0, static (session, _) => session.Execute("UPDATE tuning_report SET points = @points", ("@points", new byte[] { 9, 9 })));

        Assert.That(() => study.GetReportsAsync(0), Throws.TypeOf<StudyCorruptException>().With.Message.Contains("reports of trial 0 of study 's'"));
    }

    [Test]
    public async Task Asking_again_with_a_key_returns_the_same_trial()
    {
        Study study = await OpenStudyAsync();
        Trial first = await study.AskAsync("job-1");
        double x = Ask(first);

        Trial again = await (await OpenStudyAsync()).AskAsync("job-1");

        Assert.That(again.Number, Is.EqualTo(first.Number));
        Assert.That(Ask(again), Is.EqualTo(x));
        Assert.That(() => study.TellAsync(first, 1), Throws.InstanceOf<TrialLostException>());
        await again.Study.TellAsync(again, 2);
        Assert.That(await AllAsync(study), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Asking_again_after_the_trial_was_told_returns_it_finished()
    {
        Study study = await OpenStudyAsync();
        await study.TellAsync(await study.AskAsync("job-1"), 3);

        Trial again = await study.AskAsync("job-1");

        Assert.That(again.State, Is.EqualTo(TrialState.Completed));
        Assert.That(() => study.TellAsync(again, 3), Throws.Nothing);
        Assert.That(() => study.TellAsync(again, 4), Throws.InstanceOf<TrialFinishedException>());
    }

    [Test]
    public async Task Eight_asks_at_once_with_one_key_make_one_trial()
    {
        Study study = await OpenStudyAsync();
        Trial[] trials = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => study.AskAsync("job-1")));

        Assert.That(trials.Select(trial => trial.Number).Distinct(), Has.Exactly(1).Items);
        Assert.That((await study.AskAsync()).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task Keys_that_are_empty_or_too_long_are_refused()
    {
        Study study = await OpenStudyAsync();

        Assert.That(() => study.AskAsync(""), Throws.ArgumentException);
        Assert.That(() => study.AskAsync(new string('k', 251)), Throws.ArgumentException);
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 3_000 && !await condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.That(await condition(), Is.True);
    }
}
