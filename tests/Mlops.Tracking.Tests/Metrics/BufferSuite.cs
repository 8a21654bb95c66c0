using Mlops.Storage;

namespace Mlops.Tracking.Tests.Metrics;

/// <summary>What the bounded buffer of a run takes, makes wait and drops.</summary>
public abstract class BufferSuite : TrackingSuite
{
    private const int Capacity = 1_000;

    [Test]
    public async Task Each_dropped_item_is_counted_once_however_many_writes_follow()
    {
        using Tracker tracker = Small();
        await using Run run = await tracker.StartRunAsync("e");
        for (int round = 1; round <= 3; round++)
        {
            await WhileWritingAsync(run, () =>
            {
                for (int i = 0; i < Capacity + 10; i++)
                {
                    run.LogMetric("m", i, i);
                }
            });
            run.SetTag("round", $"{round}");
            await run.FlushAsync();

            Assert.That((run.DroppedItems, (await tracker.GetRunAsync(run.Id)).DroppedItems), Is.EqualTo((10L * round, 10L * round)));
        }
    }

    [TestCase(600, 400, 0)]
    [TestCase(600, 401, 400)]
    [TestCase(500, 5_000, 0)]
    [TestCase(501, 5_000, 499)]
    public async Task A_batch_is_taken_when_it_fits_or_the_buffer_is_half_empty_and_waits_otherwise(int before, int batch, int room)
    {
        using Tracker tracker = Small();
        await using Run run = await tracker.StartRunAsync("e");
        Task taken = Task.CompletedTask, logged = Task.CompletedTask;
        await WhileWritingAsync(run, () =>
        {
            taken = run.LogMetricsAsync(Points(before));
            logged = run.LogMetricsAsync(Points(batch, first: before));
            Assert.That(RoomOf(run), Is.EqualTo(room));
        });
        await Task.WhenAll(taken, logged);

        Assert.That(await tracker.GetMetricHistoryAsync(run.Id, "batch"), Has.Count.EqualTo(before + batch));
    }

    [Test]
    public async Task A_small_batch_does_not_overtake_a_large_one_that_waits()
    {
        using Tracker tracker = Small();
        await using Run run = await tracker.StartRunAsync("e");
        Task[] logged = [];
        await WhileWritingAsync(run, () =>
        {
            logged = [run.LogMetricsAsync(Points(600)), run.LogMetricsAsync(Points(500, first: 600)), run.LogMetricsAsync(Points(100, first: 1_100))];
            Assert.That(RoomOf(run), Is.EqualTo(400), "the last one would fit");
        });
        await Task.WhenAll(logged);

        Assert.That(await tracker.GetMetricHistoryAsync(run.Id, "batch"), Has.Count.EqualTo(1_200));
    }

    [Test]
    public async Task A_key_that_could_not_be_stored_is_stored_with_a_later_write()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        run.LogMetric("before", 0);
        await run.FlushAsync();
        await RenameAsync("tracking_key", "tracking_key_away");
        run.LogMetric("first", 1);
        Assert.That(() => run.FlushAsync(), Throws.InstanceOf<Exception>().And.Not.TypeOf<ArgumentOutOfRangeException>());
        await RenameAsync("tracking_key_away", "tracking_key");
        run.LogMetric("second", 2);
        run.LogMetric("first", 3);
        await run.FlushAsync();

        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That(
            record.Metrics.Select(static metric => (metric.Key, metric.Value.Value)),
            Is.EquivalentTo(new[] { ("before", 0.0), ("first", 3.0), ("second", 2.0) }));
        Assert.That((run.DroppedItems, record.DroppedItems), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public async Task A_loss_that_its_caller_was_told_of_is_told_again_only_where_others_were_lost_with_it()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        run.LogMetric("m", 0);
        await run.FlushAsync();
        await RenameAsync("tracking_block", "tracking_block_away");
        Assert.That(() => run.LogMetricsAsync([new("m", 1, 1)]), Throws.InstanceOf<StorageException>());
        await run.FlushAsync();

        run.LogMetric("m", 2, 2);
        Assert.That(() => run.LogMetricsAsync([new("m", 3, 3)]), Throws.InstanceOf<StorageException>());
        Assert.That(() => run.FlushAsync(), Throws.InstanceOf<StorageException>(), "nobody was told of the point that was not awaited");
        await run.FlushAsync();

        await RenameAsync("tracking_block_away", "tracking_block");
        run.LogMetric("m", 4, 4);
        await run.FlushAsync();
        Assert.That((await Tracker.GetMetricHistoryAsync(run.Id, "m")).Select(static point => point.Step), Is.EqualTo(new[] { 0, 4 }));
        Assert.That((await Tracker.GetRunAsync(run.Id)).DroppedItems, Is.EqualTo(3));
    }

    private static Metric[] Points(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(static i => new Metric("batch", i, i))];

    /// <summary>How many single points the buffer takes before it drops one.</summary>
    private static int RoomOf(Run run)
    {
        long dropped = run.DroppedItems;
        int taken = 0;
        while (true)
        {
            run.LogMetric("single", taken);
            if (run.DroppedItems > dropped)
            {
                return taken;
            }

            taken++;
        }
    }

    private Tracker Small() => OpenTracker(new TrackingOptions { BufferCapacity = Capacity, FlushInterval = TimeSpan.FromMinutes(1) });

    private Task<int> RenameAsync(string from, string to) => Database.WriteAsync(
        $"ALTER TABLE {from} RENAME TO {to}", static (session, sql) => session.Execute(sql));

    /// <summary>Runs the action while a write of the run is on its way and the buffer is empty.</summary>
    private async Task WhileWritingAsync(Run run, Action action)
    {
        Task written = Task.CompletedTask;
        await WhileWritersAreBusyAsync(() =>
        {
            run.SetTag("on", "its way");
            written = run.FlushAsync();
            action();
        });
        await written;
    }
}
