using System.Text.RegularExpressions;

namespace Quickstart.Tests;

[CancelAfter(240_000)]
[Parallelizable(ParallelScope.Self)]
public sealed class ChaosTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task It_kills_the_replay_three_times_and_proves_the_result_equal()
    {
        QuickstartOutcome outcome = await QuickstartProcess.RunAsync("--chaos", "--data", ShortRuns.LaterData, "--output", _folder.Path);

        Assert.That(outcome.ExitCode, Is.Zero, outcome.ToString());
        Assert.That(Regex.Matches(outcome.Output, @"^Killed at [1-9]\d* of [1-9]\d* trials and days, started again\.", RegexOptions.Multiline), Has.Count.EqualTo(3), outcome.Output);
        Assert.That(outcome.Output, Does.Contain("Equal: result.json of both runs"));
        Assert.That(ShortRuns.ResultOf(_folder.PathTo("killed")), Is.EqualTo(ShortRuns.ResultOf(await ShortRuns.LaterAsync())));
    }
}
