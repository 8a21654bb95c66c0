using Mlops.Storage.Conformance;

namespace Mlops.Registry.Tests.Storage;

/// <summary>Everything the registry decides survives loss of power; asked of the commits themselves.</summary>
public abstract class DurabilitySuite : RegistrySuite
{
    [Test]
    public async Task A_version_is_pinned_and_registered_at_Power()
    {
        await RegisterAsync(1);

        // One write pins the bytes, the other numbers the version and refers to them.
        Assert.That(await CommitRecorder.CountPowerAsync(() => Registry.RegisterAsync("m", Content("second"), Other())), Is.EqualTo(2));
    }

    [Test]
    public async Task Every_change_of_an_alias_is_committed_at_Power()
    {
        await RegisterAsync(2);

        Assert.That(await CommitRecorder.CountPowerAsync(() => Registry.SetAliasAsync("m", "champion", 1, Expected.None)), Is.EqualTo(1), "set");
        Assert.That(await CommitRecorder.CountPowerAsync(() => Registry.SetAliasAsync("m", "champion", 2, Expected.Version(1))), Is.EqualTo(1), "moved");
        Assert.That(await CommitRecorder.CountPowerAsync(() => Registry.RollbackAsync("m", "champion")), Is.EqualTo(1), "rolled back");
        Assert.That(await CommitRecorder.CountPowerAsync(() => Registry.RemoveAliasAsync("m", "champion", Expected.Any)), Is.EqualTo(1), "removed");
    }

    [TestCase(0.5)]
    [TestCase(2.0)]
    public async Task A_decision_is_committed_at_Power_whether_it_promotes_or_not(double mae)
    {
        await RegisterAsync(1);

        PromotionDecision? decision = null;
        Assert.That(
            await CommitRecorder.CountPowerAsync(async () => decision = await Registry.PromoteAsync(
                "m", 1, [PromotionGate.AtMost("mae", 1.0)], new() { Evidence = new Dictionary<string, double> { ["mae"] = mae } })),
            Is.EqualTo(1));
        Assert.That(decision!.Accepted, Is.EqualTo(mae < 1));
    }
}
