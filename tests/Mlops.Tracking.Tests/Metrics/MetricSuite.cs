using Mlops.Storage;

namespace Mlops.Tracking.Tests.Metrics;

public abstract class MetricSuite : TrackingSuite
{
    [Test]
    public async Task A_flush_acknowledges_what_was_logged_before_it()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        run.LogMetric("mae", 2.5, step: 1);
        Time.Advance(TimeSpan.FromSeconds(1));
        run.LogMetric("mae", 1.5, step: 2);
        await run.FlushAsync();

        Assert.That(
            await Tracker.GetMetricHistoryAsync(run.Id, "mae"),
            Is.EqualTo(new[] { new MetricPoint(1, Start, 2.5), new MetricPoint(2, Start + TimeSpan.FromSeconds(1), 1.5) }));
    }

    [Test]
    public async Task The_disposal_acknowledges_what_was_logged_before_it()
    {
        Run run = await Tracker.StartRunAsync("e");
        for (int i = 0; i < 100; i++)
        {
            run.LogMetric("m", i, i);
        }

        run.Complete();
        await run.DisposeAsync();

        Assert.That(await Tracker.GetMetricHistoryAsync(run.Id, "m"), Has.Count.EqualTo(100));
    }

    [Test]
    public async Task What_nobody_awaits_is_written_all_the_same()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        run.LogMetric("m", 1);

        Assert.That(() => Tracker.GetMetricHistoryAsync(run.Id, "m").GetAwaiter().GetResult().Count, Is.EqualTo(1).After(10_000, 20));
    }

    [Test]
    public async Task Every_bit_pattern_of_a_value_comes_back()
    {
        double[] values =
        [
            0.0, -0.0, double.Epsilon, double.MaxValue, double.NegativeInfinity, double.PositiveInfinity, double.NaN,
            BitConverter.Int64BitsToDouble(0x7FF8_0000_DEAD_BEEF), BitConverter.Int64BitsToDouble(unchecked((long)0xFFF0_0000_0000_0001)),
        ];
        await using Run run = await Tracker.StartRunAsync("e");
        await run.LogMetricsAsync([.. values.Select((value, i) => new Metric("v", value, i))]);

        Assert.That(
            (await Tracker.GetMetricHistoryAsync(run.Id, "v")).Select(point => BitConverter.DoubleToInt64Bits(point.Value)),
            Is.EqualTo(values.Select(BitConverter.DoubleToInt64Bits)));
    }

    [Test]
    public async Task The_summary_counts_every_point_and_leaves_nan_out_of_the_extremes()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        await run.LogMetricsAsync([new("a", double.NaN, 1), new("nan", double.NaN, 1)]);
        await run.LogMetricsAsync([new("a", -3, 2), new("a", double.PositiveInfinity, 3)]);
        await run.LogMetricsAsync([new("a", 5, 4), new("nan", double.NaN, 2)]);

        IReadOnlyDictionary<string, MetricSummary> metrics = (await Tracker.GetRunAsync(run.Id)).Metrics;
        Assert.That(metrics["a"], Is.EqualTo(new MetricSummary(4, -3, double.PositiveInfinity, new MetricPoint(4, Start, 5))));
        Assert.That(metrics["nan"], Is.EqualTo(new MetricSummary(2, null, null, new MetricPoint(2, Start, double.NaN))));
    }

    [Test]
    public async Task History_and_last_point_do_not_depend_on_the_order_of_arrival()
    {
        Metric[] points =
        [
            new("m", 1, 5, Start), new("m", 9, 2, Start), new("m", 3, 5, Start + TimeSpan.FromSeconds(1)), new("m", 4, -7, Start),
            new("m", 8, 5, Start + TimeSpan.FromSeconds(1)), new("m", double.NaN, 3, Start), new("m", 2, 3, Start),
        ];
        await using Run together = await Tracker.StartRunAsync("e");
        await together.LogMetricsAsync(points);
        await using Run reversed = await Tracker.StartRunAsync("e");
        foreach (Metric point in points.Reverse())
        {
            await reversed.LogMetricsAsync([point]);
        }

        IReadOnlyList<MetricPoint> history = await Tracker.GetMetricHistoryAsync(together.Id, "m");
        Assert.That(history.Select(point => point.Value), Is.EqualTo(new[] { 4, 9, 2, double.NaN, 1, 3, 8 }));
        Assert.That(await Tracker.GetMetricHistoryAsync(reversed.Id, "m"), Is.EqualTo(history));
        Assert.That((await Tracker.GetRunAsync(together.Id)).Metrics["m"].Last, Is.EqualTo(history[^1]));
        Assert.That((await Tracker.GetRunAsync(reversed.Id)).Metrics["m"].Last, Is.EqualTo(history[^1]));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Values_of_one_step_and_time_have_one_order_NaN_last_and_equal_ones_by_their_bits(bool packed)
    {
        long[] ascending =
        [
            BitsOf(double.NegativeInfinity), BitsOf(-1), BitsOf(-0.0), BitsOf(0.0), BitsOf(1), BitsOf(double.PositiveInfinity),
            unchecked((long)0xFFF8_0000_0000_0000), unchecked((long)0xFFF8_0000_0000_0001), 0x7FF0_0000_0000_0001, 0x7FF8_0000_0000_0000, 0x7FF8_0000_DEAD_BEEF,
        ];
        foreach (int seed in (int[])[1, 2, 3])
        {
            long[] arrived = [.. ascending];
            new Random(seed).Shuffle(arrived);
            await using Run run = await Tracker.StartRunAsync("e");
            foreach (long[] batch in arrived.Chunk(4))
            {
                await run.LogMetricsAsync([.. batch.Select(static bits => new Metric("m", BitConverter.Int64BitsToDouble(bits), 1, Start))]);
            }

            if (packed)
            {
                RunRow row = (await new TrackingStore(Database, Durability.Process).FindRunAsync(run.Id, CancellationToken.None))!;
                await new TrackingStore(Database, Durability.Process).PackAsync(row.Key, CancellationToken.None);
            }

            Assert.That((await Tracker.GetMetricHistoryAsync(run.Id, "m")).Select(static point => BitsOf(point.Value)), Is.EqualTo(ascending));
            Assert.That(BitsOf((await Tracker.GetRunAsync(run.Id)).Metrics["m"].Last.Value), Is.EqualTo(ascending[^1]));
        }

        static long BitsOf(double value) => BitConverter.DoubleToInt64Bits(value);
    }

    [Test]
    public async Task A_metric_that_was_never_logged_has_an_empty_history()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        await run.LogMetricsAsync([new("other", 1)]);

        Assert.That(await Tracker.GetMetricHistoryAsync(run.Id, "absent"), Is.Empty);
        await using Run empty = await Tracker.StartRunAsync("e");
        Assert.That(await Tracker.GetMetricHistoryAsync(empty.Id, "other"), Is.Empty);
    }

    [TestCase(1, 3, 40_000)]
    [TestCase(7, 997, 400)]
    [TestCase(300, 2_000, 30)]
    public async Task Packing_changes_no_history_and_no_summary(int series, int pointsPerBatch, int batches)
    {
        // Steps go back and forth, so that packed and fresh parts overlap.
        await using Run run = await Tracker.StartRunAsync("e");
        int logged = 0;
        List<Metric> all = [];
        List<Task> writes = [];
        for (int batch = 0; batch < batches; batch++)
        {
            Metric[] points = new Metric[pointsPerBatch];
            for (int i = 0; i < points.Length; i++, logged++)
            {
                points[i] = new Metric($"s{logged % series}", Math.Sin(logged), logged * 7919L % 50_021);
            }

            all.AddRange(points);
            writes.Add(run.LogMetricsAsync(points));
        }

        await Task.WhenAll(writes);
        await AssertHistoriesAsync(run.Id, all, series);
        run.Complete();
        await run.DisposeAsync();
        await AssertHistoriesAsync(run.Id, all, series);

        List<(long Shortest, long Longest, long Blocks)> rows = await Database.QueryAsync(
            "SELECT (SELECT coalesce(min(points), 1000) FROM tracking_chunk), (SELECT coalesce(max(points), 1000) FROM tracking_chunk), (SELECT count(*) FROM tracking_block)",
            static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), CancellationToken.None);
        Assert.That(rows[0].Shortest, Is.GreaterThanOrEqualTo(1_000));
        Assert.That(rows[0].Longest, Is.LessThanOrEqualTo(2_000));
        Assert.That(rows[0].Blocks, Is.LessThan(32), "what is too short for a chunk is merged");
    }

    [Test]
    public async Task Reading_while_another_handle_writes_and_packs_misses_and_doubles_nothing()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        using var stop = new CancellationTokenSource();
        long acknowledged = 0;
        Task writing = Task.Run(async () =>
        {
            for (int batch = 0; batch < 600; batch++)
            {
                await run.LogMetricsAsync([.. Enumerable.Range(batch * 100, 100).Select(i => new Metric("m", i, i))]);
                Interlocked.Add(ref acknowledged, 100);
            }

            await stop.CancelAsync();
        });

        int reads = 0;
        while (!stop.IsCancellationRequested || reads == 0)
        {
            long atLeast = Interlocked.Read(ref acknowledged);
            IReadOnlyList<MetricPoint> history = await Tracker.GetMetricHistoryAsync(run.Id, "m");
            Assert.That(history, Has.Count.AtLeast(atLeast));
            Assert.That(history.Select(point => point.Step), Is.EqualTo(Enumerable.Range(0, history.Count)));
            reads++;
        }

        await writing;
    }

    [Test]
    public async Task A_full_buffer_drops_counts_and_marks_the_run_incomplete_and_never_waits()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { BufferCapacity = 1_000, FlushInterval = TimeSpan.FromMinutes(1) });
        Run run = await tracker.StartRunAsync("e");
        await WhileWritersAreBusyAsync(() =>
        {
            for (int i = 0; i < 5_000; i++)
            {
                run.LogMetric("m", i, i);
            }

            run.LogParameter("still", "taken");
        });
        run.Complete();
        await run.DisposeAsync();

        RunRecord record = await tracker.GetRunAsync(run.Id);
        Assert.Multiple(() =>
        {
            Assert.That(run.DroppedItems, Is.Positive);
            Assert.That(record.DroppedItems, Is.EqualTo(run.DroppedItems));
            Assert.That(record.IsComplete, Is.False);
            Assert.That(record.Metrics["m"].Count, Is.EqualTo(5_000 - run.DroppedItems));
            Assert.That(record.Parameters["still"], Is.EqualTo("taken"));
        });
    }

    [Test]
    public async Task An_acknowledged_batch_waits_for_room_and_loses_nothing()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { BufferCapacity = 1_000 });
        Run run = await tracker.StartRunAsync("e");
        Task[] writers = [.. Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                await run.LogMetricsAsync([.. Enumerable.Range(0, 700).Select(n => new Metric($"m{writer}", n, i * 700 + n))]);
            }
        }))];
        await Task.WhenAll(writers);
        run.Complete();
        await run.DisposeAsync();

        RunRecord record = await tracker.GetRunAsync(run.Id);
        Assert.That(record.Metrics.Values.Select(metric => metric.Count), Is.EqualTo(Enumerable.Repeat(35_000L, 8)));
        Assert.That(record.IsComplete, Is.True);
    }

    [Test]
    public async Task A_batch_larger_than_the_buffer_is_stored_whole()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { BufferCapacity = 1_000 });
        await using Run run = await tracker.StartRunAsync("e");
        await run.LogMetricsAsync([.. Enumerable.Range(0, 25_000).Select(i => new Metric("m", i, i))]);

        Assert.That(await tracker.GetMetricHistoryAsync(run.Id, "m"), Has.Count.EqualTo(25_000));
    }

    [Test]
    public async Task Flushing_the_tracker_flushes_every_open_run()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { FlushInterval = TimeSpan.FromMinutes(1) });
        await using Run first = await tracker.StartRunAsync("e");
        await using Run second = await tracker.StartRunAsync("e");
        first.LogMetric("m", 1);
        second.LogMetric("m", 2);
        await tracker.FlushAsync();

        Assert.That((await tracker.GetRunAsync(first.Id)).Metrics["m"].Value, Is.EqualTo(1));
        Assert.That((await tracker.GetRunAsync(second.Id)).Metrics["m"].Value, Is.EqualTo(2));
    }

    private async Task AssertHistoriesAsync(string runId, List<Metric> all, int series)
    {
        RunRecord record = await Tracker.GetRunAsync(runId);
        foreach (IGrouping<string, Metric> expected in all.GroupBy(metric => metric.Key).Take(5))
        {
            MetricPoint[] points = [.. expected.Select(metric => new MetricPoint(metric.Step, Start, metric.Value)).OrderBy(point => point.Step).ThenBy(point => point.Value)];
            Assert.That(await Tracker.GetMetricHistoryAsync(runId, expected.Key), Is.EqualTo(points));
            Assert.That(
                record.Metrics[expected.Key],
                Is.EqualTo(new MetricSummary(points.Length, points.Min(point => point.Value), points.Max(point => point.Value), points[^1])));
        }

        Assert.That(record.Metrics, Has.Count.EqualTo(series));
    }
}
