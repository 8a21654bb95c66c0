namespace Mlops.Tracking.Tests.Metrics;

public abstract class PagingSuite : TrackingSuite
{
    /// <summary>Series in and out of order, packed and not, with repeated points, beside the whole history.</summary>
    [TestCase(0, 10, false)]
    [TestCase(1, 1, false)]
    [TestCase(300, 7, true)]
    [TestCase(5_000, 700, false)]
    [TestCase(40_000, 3_333, false)]
    [TestCase(40_000, 5_000, true)]
    public async Task Pages_together_are_the_history(int count, int take, bool shuffled)
    {
        var random = new Random(count);
        string id = (await Tracker.CreateRunAsync("e")).Id;
        long[] steps = [.. Enumerable.Range(0, count).Select(static i => (long)i / 3 - 50)];
        if (shuffled)
        {
            random.Shuffle(steps);
        }

        foreach (long[] part in steps.Chunk(900))
        {
            await Tracker.LogAsync(id, new() { Metrics = [.. part.Select(step => new Metric("a", random.Next(3), step, Start)), new Metric("b", 1)] });
        }

        await Tracker.FlushAsync();

        List<MetricPoint> read = [];
        string? next = null;
        do
        {
            MetricPage page = await Tracker.ListMetricPointsAsync(id, "a", take, next);
            Assert.That(page.Points, count == 0 ? Is.Empty : Is.Not.Empty);
            Assert.That(page.Points, Has.Count.LessThanOrEqualTo(take));
            read.AddRange(page.Points);
            next = page.Next;
        }
        while (next is not null);

        Assert.That(read, Is.EqualTo(await Tracker.GetMetricHistoryAsync(id, "a")));
    }

    [Test]
    public async Task A_page_reads_no_more_than_it_needs()
    {
        string id = (await Tracker.CreateRunAsync("e")).Id;
        foreach (int[] part in Enumerable.Range(0, 40_000).Chunk(1_000))
        {
            await Tracker.LogAsync(id, new() { Metrics = [.. part.Select(static step => new Metric("a", step, step))] });
        }

        await Tracker.FlushAsync();

        // What lies behind the page cannot be read any more.
        int spoilt = await Database.WriteAsync(
            0, static (session, _) => session.Execute("UPDATE tracking_chunk SET payload = @none WHERE first_step > 6000", ("@none", new byte[] { 0 })));
        Assert.That(spoilt, Is.GreaterThan(0));
        Assert.That(async () => await Tracker.GetMetricHistoryAsync(id, "a"), Throws.Exception);

        MetricPage first = await Tracker.ListMetricPointsAsync(id, "a", 1_000);
        MetricPage second = await Tracker.ListMetricPointsAsync(id, "a", 1_000, first.Next);
        Assert.That(first.Points.Concat(second.Points).Select(static point => point.Step), Is.EqualTo(Enumerable.Range(0, 2_000)));
    }

    [Test]
    public async Task What_is_no_page_is_refused()
    {
        string id = (await Tracker.CreateRunAsync("e")).Id;

        Assert.That(async () => await Tracker.ListMetricPointsAsync("absent", "a"), Throws.TypeOf<RunNotFoundException>());
        Assert.That(() => Tracker.ListMetricPointsAsync(id, "a//b"), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => Tracker.ListMetricPointsAsync(id, "a", 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Tracker.ListMetricPointsAsync(id, "a", 25_001), Throws.InstanceOf<ArgumentOutOfRangeException>());
        foreach (string after in (string[])["", "x", new string('A', 31), new string('!', 32), new string('A', 33)])
        {
            Assert.That(() => Tracker.ListMetricPointsAsync(id, "a", 1, after), Throws.InstanceOf<ArgumentException>(), after);
        }
    }
}
