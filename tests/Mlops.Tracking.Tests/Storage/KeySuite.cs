using Mlops.Storage;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>Numbers of metric names: who gets one, and what a process need not remember.</summary>
public abstract class KeySuite : TrackingSuite
{
    [Test]
    public async Task Writes_to_runs_that_are_unknown_or_deleted_give_out_no_numbers([Values] bool withExperiment)
    {
        RunRecord kept = await Tracker.CreateRunAsync("kept");
        await Tracker.LogAsync(kept.Id, new() { Metrics = [new Metric("known", 1)] });
        RunRecord deleted = await Tracker.CreateRunAsync("e");
        Run handle = await Tracker.StartRunAsync("e");
        if (withExperiment)
        {
            await Tracker.DeleteExperimentAsync("e");
        }
        else
        {
            await Tracker.DeleteRunAsync(deleted.Id);
            await Tracker.DeleteRunAsync(handle.Id);
        }

        Assert.That(async () => await Tracker.LogAsync(new string('0', 32), new() { Metrics = [new Metric("new", 1)] }), Throws.TypeOf<RunNotFoundException>());
        Assert.That(async () => await Tracker.LogAsync(deleted.Id, new() { Metrics = [new Metric("new", 1), new Metric("known", 1)] }), Throws.TypeOf<RunDeletedException>());
        Assert.That(async () => await handle.LogMetricsAsync([new Metric("new", 1)]), Throws.TypeOf<RunDeletedException>());
        Assert.That(await NamesAsync(), Is.EqualTo(new[] { "known" }));

        await (withExperiment ? Tracker.RestoreExperimentAsync("e") : Tracker.RestoreRunAsync(handle.Id));
        await handle.LogMetricsAsync([new Metric("new", 2)]);
        Assert.That(await NamesAsync(), Is.EqualTo(new[] { "known", "new" }));
        Assert.That((await Tracker.GetRunAsync(handle.Id)).Metrics["new"].Value, Is.EqualTo(2));
        handle.Complete();
        await handle.DisposeAsync();
    }

    [Test]
    public async Task A_store_that_remembers_two_names_writes_and_reads_as_any()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        ITrackingStore store = new TrackingStore(Database, Durability.Process, rememberedKeys: 2);
        string[] names = [.. Enumerable.Range(0, 250).Select(static i => $"m{i}")];
        for (int round = 0; round < 3; round++)
        {
            await store.LogAsync(run.Id, new() { Metrics = [.. names.Select(name => new Metric(name, round, round, Start))] }, CancellationToken.None);
        }

        foreach (string name in names)
        {
            Assert.That((await store.ReadHistoryAsync(run.Id, name, CancellationToken.None)).Select(static point => point.Value), Is.EqualTo(new[] { 0, 1, 2 }), name);
        }

        Assert.That(await NamesAsync(), Is.EquivalentTo(names));
        Assert.That(await store.ReadHistoryAsync(run.Id, "absent", CancellationToken.None), Is.Empty);
    }

    private async Task<List<string>> NamesAsync() =>
        await Database.QueryAsync("SELECT name FROM tracking_key ORDER BY metric", static row => row.GetString(0), CancellationToken.None);
}
