namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task Observers_have_been_told_of_everything_when_optimising_returns()
    {
        var observer = new RecordingObserver();
        Study study = await NewProcess(null, observer).OpenAsync("s", Direction.Minimize);
        await study.OptimizeAsync(Square, new() { TotalTrials = 3 });

        string key = $"tuning/{study.Row.Id}/";
        Assert.That(observer.Events, Is.EqualTo(new[] { $"{key}0 Completed", $"{key}1 Completed", $"{key}2 Completed" }));
    }

    [Test]
    public async Task Asking_and_telling_by_hand_is_observed_after_a_flush()
    {
        var observer = new RecordingObserver();
        Study study = await NewProcess(null, observer).OpenAsync("s", Direction.Minimize);
        await study.TellAsync(await study.AskAsync(), 1);
        await study.FlushAsync();

        Assert.That(observer.Events, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_observer_that_throws_does_not_disturb_the_study_nor_the_others()
    {
        var observer = new RecordingObserver();
        Study study = await NewProcess(null, new RecordingObserver { Throws = true }, observer).OpenAsync("s", Direction.Minimize);

        Assert.That((await study.OptimizeAsync(Square, new() { TotalTrials = 3 })).Completed, Is.EqualTo(3));
        Assert.That(observer.Events, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task A_trial_that_no_observer_saw_is_delivered_again()
    {
        var failing = new RecordingObserver { Throws = true };
        Study first = await NewProcess(null, failing).OpenAsync("s", Direction.Minimize);
        await first.OptimizeAsync(Square, new() { TotalTrials = 1 });

        var observer = new RecordingObserver();
        Study second = await NewProcess(null, observer).OpenAsync("s", Direction.Minimize);
        await second.OptimizeAsync(Square, new() { TotalTrials = 1 });
        await second.OptimizeAsync(Square, new() { TotalTrials = 1 });

        Assert.That(observer.Events, Is.EqualTo(new[] { $"tuning/{second.Row.Id}/0 Completed" }));
    }

    [Test]
    public async Task Trials_that_were_lost_too_often_are_observed_as_failed()
    {
        await (await OpenStudyAsync()).AskAsync();
        _clock.Advance(Lease);
        var observer = new RecordingObserver();
        Study study = await NewProcess(new TuningOptions { MaximumAttempts = 1 }, observer).OpenAsync("s", Direction.Minimize);
        await study.OptimizeAsync(Square, new() { TotalTrials = 2 });

        Assert.That(observer.Events, Does.Contain($"tuning/{study.Row.Id}/0 Failed"));
    }

    private sealed class RecordingObserver : ITrialObserver
    {
        public bool Throws { get; init; }

        public List<string> Events { get; } = [];

        public ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken) => Add($"{trial.Key} {trial.State}");

        private ValueTask Add(string what)
        {
            Events.Add(what);
            return Throws ? throw new InvalidOperationException(what) : ValueTask.CompletedTask;
        }
    }
}
