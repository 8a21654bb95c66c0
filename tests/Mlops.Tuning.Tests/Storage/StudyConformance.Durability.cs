using Mlops.Storage.Conformance;

namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task Trials_are_committed_at_Process()
    {
        Study study = await OpenStudyAsync();
        Trial? trial = null;

        Assert.That(await CommitRecorder.IsProcessOnlyAsync(async () => trial = await study.AskAsync()), Is.True);
        Assert.That(await CommitRecorder.IsProcessOnlyAsync(() => study.TellAsync(trial!, Ask(trial!))), Is.True);
    }
}
