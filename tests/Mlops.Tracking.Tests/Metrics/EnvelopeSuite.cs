namespace Mlops.Tracking.Tests.Metrics;

public abstract class EnvelopeSuite : TrackingSuite
{
    /// <summary>Series in and out of order, packed and not, beside the raw history.</summary>
    [TestCase(1, 7, false)]
    [TestCase(9, 4, true)]
    [TestCase(1_000, 1_000, false)]
    [TestCase(20_000, 333, false)]
    [TestCase(40_000, 1_000, true)]
    [TestCase(17_000, 10_000, true)]
    public async Task Buckets_hold_the_history_in_equal_parts(int count, int buckets, bool shuffled)
    {
        var random = new Random(count);
        string id;
        await using (Run run = await Tracker.StartRunAsync("e"))
        {
            id = run.Id;
            long[] steps = [.. Enumerable.Range(0, count).Select(static i => (long)i / 3)];
            if (shuffled)
            {
                random.Shuffle(steps);
            }

            foreach (long[] part in steps.Chunk(700))
            {
                Time.Advance(TimeSpan.FromMilliseconds(1));
                await run.LogMetricsAsync([.. part.Select((step, i) => new Metric("a", Draw(random), step, Time.GetUtcNow().AddMicroseconds(i))), new Metric("b", 1)]);
            }

            run.Complete();
        }

        IReadOnlyList<MetricPoint> history = await Tracker.GetMetricHistoryAsync(id, "a");
        Assert.That(history, Has.Count.EqualTo(count));
        int expected = Math.Min(count, buckets);
        IReadOnlyList<MetricBucket> envelope = await Tracker.GetMetricEnvelopeAsync(id, "a", buckets);
        Assert.That(envelope, Has.Count.EqualTo(expected));
        int at = 0;
        for (int i = 0; i < expected; i++)
        {
            int end = (int)((long)count * (i + 1) / expected);
            MetricPoint[] points = [.. history.Skip(at).Take(end - at)];
            double[] finite = [.. points.Select(static point => point.Value).Where(double.IsFinite)];
            var whole = new MetricBucket(points[0], points[^1], points.Length, finite.Length == 0 ? null : finite.Min(), finite.Length == 0 ? null : finite.Max(), points.Length - finite.Length);
            Assert.That(envelope[i], Is.EqualTo(whole), $"bucket {i}");
            at = end;
        }

        Assert.That(envelope[0].FirstStep, Is.EqualTo(history[0].Step));
        Assert.That(envelope[^1].LastStep, Is.EqualTo(history[^1].Step));
    }

    [Test]
    public async Task A_metric_that_was_not_logged_has_no_buckets_and_a_run_that_is_none_is_not_found()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        Assert.That(await Tracker.GetMetricEnvelopeAsync(run.Id, "absent"), Is.Empty);
        Assert.That(() => Tracker.GetMetricEnvelopeAsync("absent", "a"), Throws.InstanceOf<RunNotFoundException>());
        Assert.That(() => Tracker.GetMetricEnvelopeAsync(run.Id, "a", 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Tracker.GetMetricEnvelopeAsync(run.Id, "a", 10_001), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static double Draw(Random random) => random.Next(40) switch
    {
        0 => double.NaN,
        1 => double.PositiveInfinity,
        2 => double.NegativeInfinity,
        _ => random.NextDouble() * 10 - 5,
    };
}
