namespace Mlops.Tuning.Tests;

/// <summary>What a process knows of trials that run or ran in others.</summary>
public abstract partial class StudyConformance
{
    [Test]
    public async Task Reports_of_other_processes_count_running_and_finished()
    {
        Study one = await OpenPrunedAsync(Halving, new TuningOptions { ReportInterval = TimeSpan.FromMilliseconds(10) });
        Trial finished = await one.AskAsync();
        finished.Report(1, 5);
        await one.TellAsync(finished, 5);
        Trial running = await one.AskAsync();
        running.Report(1, 3);

        Study two = await OpenPrunedAsync(Halving);
        await Eventually(async () => (await two.GetReportsAsync(1)).Count == 1);
        Assert.That(await StopsAtAsync(two, 4), Is.True);
        Assert.That(await StopsAtAsync(two, 2), Is.False);

        static async Task<bool> StopsAtAsync(Study study, double value)
        {
            await using Trial trial = await study.AskAsync();
            trial.Report(1, value);
            bool stops = trial.ShouldPrune();
            await study.PruneAsync(trial);
            return stops;
        }
    }

    [Test]
    public async Task A_long_trial_sees_what_other_processes_report_meanwhile()
    {
        var options = new TuningOptions { ReportInterval = TimeSpan.FromMilliseconds(10) };
        Study one = await OpenPrunedAsync(Halving, options);
        Study two = await OpenPrunedAsync(Halving, options);
        Trial early = await one.AskAsync();
        Trial late = await two.AskAsync();
        late.Report(1_000_000, 1);
        int step = 0;
        bool isStopped = false;

        // Rung 1 is passed alone; at some later rung the other's report has arrived.
        await Eventually(() =>
        {
            early.Report(++step, 9);
            isStopped |= early.ShouldPrune();
            return Task.FromResult(isStopped);
        });
        await one.PruneAsync(early);
        await two.TellAsync(late, 1);
    }

    /// <summary>Rung 1 passes the better half: the next trial, with 3, is pruned when the other stands at less.</summary>
    [TestCase(9, 0.5, true)]
    [TestCase(0.5, 9, false)]
    public async Task Of_a_trial_that_was_taken_over_unnoticed_counts_what_was_stored_once_it_has_ended(double lost, double stored, bool isPruned)
    {
        (Study one, Study two) = await OpenTwoAsync(Halving);
        await LoseAsync(one, lost);
        Trial taken = await two.AskAsync();
        taken.Report(2, stored);
        await two.TellAsync(taken, stored);

        Assert.That(await IsPrunedAsync(one), Is.EqualTo(isPruned));
    }

    [Test]
    public async Task Of_a_trial_that_was_taken_over_unnoticed_counts_what_is_reported_elsewhere()
    {
        (Study one, Study two) = await OpenTwoAsync(Halving);
        await LoseAsync(one, 9);
        Trial taken = await two.AskAsync();
        taken.Report(1, 0.5);
        await taken.SaveCheckpointAsync(1, new byte[] { 1 });

        Assert.That(await IsPrunedAsync(one), Is.True);
    }

    [Test]
    public async Task A_trial_that_was_taken_over_unnoticed_and_paused_is_known_to_be_paused()
    {
        (Study one, Study two) = await OpenTwoAsync(Pausing);
        await LoseAsync(one, 9);
        Trial taken = await two.AskAsync();
        taken.Report(1, 0.5);
        await two.PauseAsync(taken);

        Assert.That((await one.AskAsync()).Number, Is.Zero, "It is the best at its rung.");
    }

    /// <summary>The trial goes from two to one, who knew its report and begins it anew, and back, who adds nothing: the report still stands.</summary>
    [Test]
    public async Task Reports_known_before_a_trial_ran_here_are_read_again_when_it_runs_elsewhere()
    {
        (Study one, Study two) = await OpenTwoAsync(Halving);
        Trial trial = await two.AskAsync();
        trial.Report(1, 0.5);
        await trial.SaveCheckpointAsync(0, new byte[] { 1 });
        await one.PruneAsync(await one.AskAsync());
        _clock.Advance(LongLease);
        Trial taken = await one.AskAsync();
        await taken.DisposeAsync();
        Trial back = await two.AskAsync();

        Assert.That((taken.Number, back.Number), Is.EqualTo((0, 0)));
        Assert.That(await IsPrunedAsync(one), Is.True);
    }

    private async Task<(Study One, Study Two)> OpenTwoAsync(IPruner pruner) => (await OpenPrunedAsync(pruner, Silent), await OpenPrunedAsync(pruner, Silent));

    /// <summary>Trial 0 reports, and its lease runs out without the process noticing.</summary>
    private async Task LoseAsync(Study study, double value)
    {
        Trial lost = await study.AskAsync();
        lost.Report(1, value);
        _clock.Advance(LongLease);
    }

    private static async Task<bool> IsPrunedAsync(Study study)
    {
        await using Trial trial = await study.AskAsync();
        trial.Report(1, 3);
        return trial.ShouldPrune();
    }
}
