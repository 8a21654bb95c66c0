using Mlops.Statistics;

namespace Mlops.Drift.Tests;

/// <summary>The false discovery rate over the monitor's life.</summary>
internal sealed class DriftOverTimeTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x").Numeric("y"));

    [Test]
    public async Task Reports_carry_what_the_procedure_decides_and_a_restart_goes_on()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Batch(new Draws(1), 20_000, 0));
        using DriftMonitor monitor = Create(profile), restored = Create(profile);
        ELond procedure = new(0.05);
        Draws draws = new(2);
        for (int i = 0; i < 6; i++)
        {
            DriftMonitor current = i < 3 ? monitor : restored;
            if (i == 3)
                restored.RestoreState(monitor.SaveState(), _ => new ServedReference(profile));
            DriftReport report = await WindowAsync(current, draws, shift: i % 2 == 0 ? 0 : 1);
            double level = procedure.NextLevel, evidence = ELond.FromPValue(report.PValue!.Value);
            bool expected = procedure.Decide(evidence);
            Assert.That(report.OverTime, Is.EqualTo(new DriftOverTime { EValue = evidence, Level = level, IsDiscovery = expected, Evaluations = i + 1, Discoveries = procedure.Discoveries }));
            Assert.That(expected, Is.EqualTo(i % 2 == 1));
        }
    }

    [Test]
    public async Task A_drift_that_is_no_discovery_raises_no_alert()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Batch(new Draws(3), 20_000, 0));
        using DriftMonitor controlled = Create(profile), alone = Create(profile, rate: null);
        DriftReport weak = await WindowAsync(controlled, new Draws(4), 0.22), same = await WindowAsync(alone, new Draws(4), 0.22);
        Assert.That((weak.Verdict, same.Verdict), Is.EqualTo((DriftVerdict.Drift, DriftVerdict.Drift)));
        Assert.That(weak.OverTime!.IsDiscovery, Is.False, "p is near 0.01, and evidence of 40 is needed");
        Assert.That((controlled.Status.ActiveAlerts.Count, alone.Status.ActiveAlerts.Count), Is.EqualTo((0, 1)));
        Assert.That(same.OverTime, Is.Null);
        Assert.That((await controlled.EvaluateAsync()).OverTime, Is.Null, "a look at an open window counts for nothing");
    }

    private static DriftMonitor Create(ReferenceProfile profile, double? rate = 0.05)
    {
        DriftMonitor monitor = new("m", Schema, new()
        {
            WindowRows = 200,
            WindowKind = WindowKind.Tumbling,
            FalseDiscoveryRateOverTime = rate,
            DataAlerts = new() { Confirmations = 1 },
        });
        monitor.Activate("v1", profile);
        return monitor;
    }

    private static Task<DriftReport> WindowAsync(DriftMonitor monitor, Draws draws, double shift)
    {
        for (int i = 0; i < 200; i++)
            monitor.Observe([draws.Normal() + shift, draws.Normal()]);
        return monitor.EvaluateAsync();
    }

    private static DriftBatch Batch(Draws draws, int rows, double shift) =>
        new DriftBatch(Schema).Numeric("x", draws.Normals(rows, shift)).Numeric("y", draws.Normals(rows));
}
