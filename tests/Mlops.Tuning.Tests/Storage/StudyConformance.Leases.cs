namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    private static readonly TimeSpan Lease = new TuningOptions().LeaseDuration;
    private static readonly TimeSpan LongLease = TimeSpan.FromHours(1);

    /// <summary>Of a process that stores and renews nothing by itself for as long as a test takes.</summary>
    private static TuningOptions Silent => new() { LeaseDuration = LongLease, ReportInterval = TimeSpan.FromMinutes(1) };

    [Test]
    public async Task A_trial_whose_lease_ran_out_is_taken_over_with_its_number_and_its_values()
    {
        // A parameter asks for an update after the interval, which is a renewal: a lost process sends none.
        Study lost = await NewProcess(Silent).OpenAsync("s", Direction.Minimize);
        Trial first = await lost.AskAsync();
        double x = Ask(first);
        _clock.Advance(LongLease);

        Study other = await OpenStudyAsync();
        Trial second = await other.AskAsync();

        Assert.That((second.Number, second.Attempt), Is.EqualTo((0, 2)));
        Assert.That(second.Key, Is.EqualTo(first.Key));
        Assert.That(Ask(second), Is.EqualTo(x));
    }

    [Test]
    public async Task Values_that_were_stored_are_repeated_whatever_the_sampler_would_choose_now()
    {
        Study lost = await NewProcess(new TuningOptions { ReportInterval = TimeSpan.FromMilliseconds(10) }).OpenAsync("s", Direction.Minimize);
        Trial first = await lost.AskAsync();
        double x = Ask(first);
        await Eventually(async () => (await lost.FindTrialAsync(0))!.Parameters.Count == 1);
        _clock.Advance(Lease);

        // The other process would sample something else: it only repeats what was stored.
        Study other = await NewProcess().OpenAsync("s", Direction.Minimize, new StudyOptions { Sampler = new LowestSampler() });
        Trial second = await other.AskAsync();

        Assert.That(Ask(second), Is.EqualTo(x));
        Assert.That(second.SuggestDouble("y", 3, 4), Is.EqualTo(3));
    }

    [Test]
    public async Task A_late_tell_of_a_lost_trial_is_refused()
    {
        Study lost = await OpenStudyAsync();
        Trial first = await lost.AskAsync();
        _clock.Advance(Lease);
        Study other = await OpenStudyAsync();
        Trial second = await other.AskAsync();

        TrialLostException? refused = await Assert.ThrowsAsync<TrialLostException>(() => lost.TellAsync(first, 1));
        Assert.That((refused!.Number, refused.Attempt), Is.EqualTo((0, 1)));
        await other.TellAsync(second, 2);
        Assert.That(() => lost.TellAsync(first, 2), Throws.InstanceOf<TrialLostException>());
        Assert.That((await other.FindTrialAsync(0))!.Value, Is.EqualTo(2));
        Assert.That(first.Lost.IsCancellationRequested, Is.True);
    }

    [Test]
    public async Task A_tell_after_the_lease_ran_out_counts_when_nobody_took_the_trial_over()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        _clock.Advance(Lease * 10);

        Assert.That((await study.TellAsync(trial, 1)).State, Is.EqualTo(TrialState.Completed));
    }

    [Test]
    public async Task A_trial_that_was_lost_too_often_fails()
    {
        Study study = await NewProcess(new TuningOptions { MaximumAttempts = 2 }).OpenAsync("s", Direction.Minimize);
        await study.AskAsync();
        _clock.Advance(Lease);
        await study.AskAsync();
        _clock.Advance(Lease);

        Trial next = await study.AskAsync();

        TrialRecord failed = (await study.FindTrialAsync(0))!;
        Assert.That(next.Number, Is.EqualTo(1));
        Assert.That(failed.State, Is.EqualTo(TrialState.Failed));
        Assert.That(failed.Reason, Does.StartWith("Lost too often"));
        Assert.That(failed.FinishSequence, Is.EqualTo(1));
    }

    [Test]
    public async Task Samplers_see_what_was_proposed_for_a_trial_that_was_lost_before_its_values_were_stored()
    {
        TuningOptions options = Silent;
        options.MaximumAttempts = 1;
        Study study = await NewProcess(options).OpenAsync("s", Direction.Minimize, new StudyOptions { Sampler = new TpeSampler { StartupTrials = 1 } });
        Trial first = await study.AskAsync();
        double known = Ask(first);
        await study.TellAsync(first, 1);
        double deadly = Ask(await study.AskAsync());
        _clock.Advance(LongLease);
        await study.AskAsync();

        var probe = new HistoryProbe();
        await (await NewProcess().OpenAsync("s", Direction.Minimize, new StudyOptions { Sampler = probe })).AskAsync();

        Assert.That(probe.Seen.Select(static seen => seen.State), Is.EqualTo(new[] { TrialState.Completed, TrialState.Failed }));
        Assert.That(probe.Coordinates, Is.EqualTo(new[] { known, deadly }));
    }

    [Test]
    public async Task A_disposed_trial_is_taken_over_at_once_and_the_attempt_does_not_count()
    {
        Study study = await OpenStudyAsync();
        Trial first = await study.AskAsync();
        double x = Ask(first);
        await first.DisposeAsync();

        Trial second = await study.AskAsync();

        Assert.That((second.Number, second.Attempt), Is.EqualTo((0, 1)));
        Assert.That(Ask(second), Is.EqualTo(x));
        Assert.That(() => study.TellAsync(first, 1), Throws.InstanceOf<TrialLostException>());
    }

    [Test]
    public async Task A_key_that_took_an_orphan_over_gets_it_again()
    {
        Study study = await OpenStudyAsync();
        await study.AskAsync();
        _clock.Advance(Lease);

        Trial taken = await study.AskAsync("key");
        Trial again = await (await OpenStudyAsync()).AskAsync("key");

        Assert.That((taken.Number, again.Number, again.Attempt), Is.EqualTo((0, 0, 3)));
    }

    [Test]
    public async Task Disposing_a_told_trial_does_nothing()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        await study.TellAsync(trial, 1);
        await trial.DisposeAsync();

        Assert.That((await study.FindTrialAsync(0))!.State, Is.EqualTo(TrialState.Completed));
    }

    [Test]
    public async Task A_held_trial_is_renewed_for_as_long_as_its_process_lives()
    {
        Study study = await NewProcess(new TuningOptions { LeaseDuration = TimeSpan.FromSeconds(6) }).OpenAsync("s", Direction.Minimize);
        Trial trial = await study.AskAsync();
        long before = await LeaseUntilAsync();
        _clock.Advance(TimeSpan.FromSeconds(4));
        await Eventually(async () => await LeaseUntilAsync() > before);

        // Beyond the first lease: the renewal made it longer.
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.That((await (await OpenStudyAsync()).AskAsync()).Number, Is.EqualTo(1));
        GC.KeepAlive(trial);

        async Task<long> LeaseUntilAsync() => (await _database.QueryAsync(
            "SELECT lease_until FROM tuning_trial WHERE number = 0", static row => row.GetInt64(0), default))[0];
    }

    [Test]
    public async Task A_holder_learns_from_its_renewal_that_it_lost_its_trial()
    {
        Study study = await NewProcess(new TuningOptions { ReportInterval = TimeSpan.FromMilliseconds(10) }).OpenAsync("s", Direction.Minimize);
        Trial trial = await study.AskAsync();
        _clock.Advance(Lease);
        await (await OpenStudyAsync()).AskAsync();
        trial.Report(0, 1);

        await Eventually(() => Task.FromResult(trial.Lost.IsCancellationRequested));
        Assert.That(trial.ThrowIfPruned, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Clocks_that_step_back_do_not_reuse_an_epoch()
    {
        Study study = await OpenStudyAsync();
        Trial first = await study.AskAsync();
        await first.DisposeAsync();
        _clock.Advance(TimeSpan.FromHours(-1));

        Trial second = await study.AskAsync();

        Assert.That(second.Claim.Epoch, Is.GreaterThan(first.Claim.Epoch));
        Assert.That(() => study.TellAsync(first, 1), Throws.InstanceOf<TrialLostException>());
    }

    private sealed class LowestSampler : ISampler
    {
        public string Name => "lowest";

        public StudySampler ForStudy(StudySpace space) => new Lowest();

        private sealed class Lowest : StudySampler
        {
            public override bool ReadsHistory => false;

            public override double Sample(SamplingContext context, string parameter, ParameterDomain domain) => domain.Low;
        }
    }
}
