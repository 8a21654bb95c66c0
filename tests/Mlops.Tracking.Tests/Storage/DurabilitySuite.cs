using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>At which level tracking commits what it acknowledges; asked of the commits themselves.</summary>
public abstract class DurabilitySuite : TrackingSuite
{
    [TestCase(Durability.Process)]
    [TestCase(Durability.Power)]
    public async Task What_a_run_logs_is_committed_at_the_level_of_the_options(Durability level)
    {
        Tracker tracker = OpenTracker(new TrackingOptions { Durability = level, CaptureEnvironment = false });
        Run? run = null;

        // Migrations are committed at Power whatever the options say.
        await Database.OpenAsync();
        await ExpectAsync(level, async () => run = await tracker.StartRunAsync("e"));

        // A name that is new gets its number at Power, whatever the level of the points; so it is not new here.
        await run!.LogMetricsAsync([new Metric("mae", 1)]);
        await ExpectAsync(level, () => run.LogMetricsAsync([new Metric("mae", 2)]));
        await ExpectAsync(level, () =>
        {
            run.LogParameter("lambda", 0.1);
            run.SetTag("stage", "final");
            return run.FlushAsync();
        });
        await ExpectAsync(level, async () => await run.DisposeAsync());
        tracker.Dispose();
    }

    [Test]
    public async Task A_write_whose_answer_was_lost_is_stored_once_when_it_is_repeated()
    {
        await Database.OpenAsync();
        var store = new TrackingStore(Database, Durability.Process);
        RunRow run = (await store.StartRunAsync(new NewRun
        {
            Id = "0123",
            Experiment = "e",
            Name = "n",
            ParentId = null,
            Tags = new Dictionary<string, string>(),
            IdempotencyKey = null,
            StartTime = DateTimeOffset.UnixEpoch,
        }, CancellationToken.None)).Row;
        var batch = new RunBatch { Run = run.Key, RunId = run.Id, Writer = 7, Sequence = 2, Dropped = 5 };

        await store.AppendAsync(batch, CancellationToken.None);
        await store.AppendAsync(batch, CancellationToken.None);
        await store.AppendAsync(batch with { Sequence = 1 }, CancellationToken.None);
        Assert.That((await store.FindRunAsync(run.Id, CancellationToken.None))!.Dropped, Is.EqualTo(5));

        await store.AppendAsync(batch with { Sequence = 3 }, CancellationToken.None);
        Assert.That((await store.FindRunAsync(run.Id, CancellationToken.None))!.Dropped, Is.EqualTo(10));
    }

    [Test]
    public void Without_a_choice_the_level_is_Process() => Assert.That(new TrackingOptions().Durability, Is.EqualTo(Durability.Process));

    [Test]
    public async Task The_number_of_a_new_metric_is_committed_at_Power_before_points_use_it()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { CaptureEnvironment = false });
        await using Run run = await tracker.StartRunAsync("e");

        Assert.That(await CommitRecorder.CountPowerAsync(() => run.LogMetricsAsync([new Metric("mae", 1)])), Is.EqualTo(1));
        Assert.That(await CommitRecorder.IsProcessOnlyAsync(() => run.LogMetricsAsync([new Metric("mae", 2)])), Is.True);
    }

    [Test]
    public async Task An_artifact_is_pinned_and_named_at_Power()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { CaptureEnvironment = false });
        await using Run run = await tracker.StartRunAsync("e");

        Assert.That(await CommitRecorder.CountPowerAsync(() => run.LogArtifactAsync("a.txt", new MemoryStream([1]))), Is.EqualTo(2));
    }

    private static async Task ExpectAsync(Durability level, Func<Task> call)
    {
        if (level == Durability.Process)
        {
            Assert.That(await CommitRecorder.IsProcessOnlyAsync(call), Is.True);
        }
        else
        {
            Assert.That(await CommitRecorder.CountPowerAsync(call), Is.Positive);
        }
    }
}
