namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task A_trial_that_was_lost_goes_on_from_its_checkpoint()
    {
        Study one = await OpenStudyAsync();
        Trial lost = await one.AskAsync();
        await lost.SaveCheckpointAsync(7, new byte[] { 9 });
        _clock.Advance(Lease);

        Trial taken = await (await OpenStudyAsync()).AskAsync();

        Assert.That((taken.Number, (await taken.FindCheckpointAsync())?.Step), Is.EqualTo((0, (int?)7)));
        Assert.That(async () => await lost.SaveCheckpointAsync(8, new byte[] { 1 }), Throws.InstanceOf<TrialLostException>());
        Assert.That(async () => await taken.SaveCheckpointAsync(8, new byte[Trial.MaximumCheckpointBytes + 1]), Throws.ArgumentException);
        Assert.That((await taken.FindCheckpointAsync())?.Step, Is.EqualTo(7));
    }

    [Test]
    public async Task A_checkpoint_comes_with_the_reports_before_it_although_their_interval_has_not_passed()
    {
        Study one = await NewProcess(Silent).OpenAsync("s", Direction.Minimize);
        Trial lost = await one.AskAsync();
        double x = Ask(lost);
        lost.Report(0, 5);
        lost.Report(1, 4);
        await lost.SaveCheckpointAsync(1, new byte[] { 1 });
        lost.Report(2, 3);
        _clock.Advance(LongLease);

        Study two = await OpenStudyAsync();
        Trial taken = await two.AskAsync();

        Assert.That((taken.LastReport, Ask(taken)), Is.EqualTo(((TrialReport?)new TrialReport(1, 4), x)));
        taken.Report(2, 3);
        await two.TellAsync(taken, 3);
        Assert.That(await two.GetReportsAsync(0), Is.EqualTo(new TrialReport[] { new(0, 5), new(1, 4), new(2, 3) }));
    }

    [Test]
    public async Task A_trial_that_is_given_back_keeps_its_reports()
    {
        Study study = await OpenStudyAsync();
        Trial first = await study.AskAsync();
        first.Report(4, 0.25);
        await first.DisposeAsync();

        Trial second = await study.AskAsync();

        Assert.That((second.Number, second.Attempt, second.LastReport), Is.EqualTo((0, 1, (TrialReport?)new TrialReport(4, 0.25))));
    }
}
