using System.Globalization;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Metrics;

[TestFixture]
public sealed class SampledStepsTests
{
    [Test]
    public async Task Reading_page_by_page_chooses_what_looking_at_all_steps_at_once_would(
        [Values(1, 2, 7, 1_000)] int page, [Values(1, 5, 40)] int maximum, [Values(0, 20, 1_000)] int budget, [Values(false, true)] bool isSideBySide)
    {
        var random = new Random(page * maximum);
        for (int round = 0; round < 50; round++)
        {
            long[][] runs = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Enumerable.Range(0, random.Next(0, 30)).Select(_ => (long)random.Next(-20, 60)).Order().ToArray())];
            long from = random.Next(-25, 10), to = from + random.Next(0, 80);
            var kept = new PointBudget(budget);

            HashSet<long> sampled = await SampledSteps.OfAsync(
                [.. runs.Select(steps => new MetricPages(PagesOf(steps, page), "r", "m", from, to, kept))],
                maximum, isSideBySide ? maximum : 1_000, CancellationToken.None);

            Assert.That(sampled, Is.EquivalentTo(AllAtOnce([.. runs.Select(steps => steps.Where(step => step >= from && step <= to).ToArray())], maximum)));
        }
    }

    [Test]
    public async Task Behind_the_last_step_wanted_no_page_is_read()
    {
        List<string?> reads = [];
        var pages = new MetricPages(Counted(Hundred, reads), "r", "m", from: 5, to: 14, new PointBudget(0));

        List<long> steps = [];
        await foreach (long step in pages.ReadStepsAsync(10, CancellationToken.None))
        {
            steps.Add(step);
        }

        Assert.That(steps, Is.EqualTo(Enumerable.Range(5, 10)));
        Assert.That(reads, Is.EqualTo(new[] { null, "10" }));
    }

    [TestCase(100, 0)]
    [TestCase(30, 7)]
    [TestCase(0, 10)]
    public async Task What_the_budget_holds_is_read_once_and_the_rest_every_time(int budget, int pagesReadAgain)
    {
        List<string?> reads = [];
        var pages = new MetricPages(Counted(Hundred, reads), "r", "m", null, null, new PointBudget(budget));

        for (int i = 1; i <= 3; i++)
        {
            // However long the pages are that are asked for later.
            List<long> steps = [];
            await foreach (List<MetricPoint> points in pages.ReadAsync(i == 1 ? 10 : 5, CancellationToken.None))
            {
                steps.AddRange(points.Select(static point => point.Step));
            }

            Assert.That(steps, Is.EqualTo(Hundred));
        }

        Assert.That(reads, Has.Count.EqualTo(10 + (2 * 2 * pagesReadAgain)));
    }

    [Test]
    public async Task Steps_are_chosen_in_one_reading_unless_they_are_more_than_may_be_held([Values(99, 100)] int limit)
    {
        List<string?> reads = [];
        MetricPages[] runs = [.. Enumerable.Range(0, 3).Select(_ => new MetricPages(Counted(PagesOf(Hundred, 10), reads), "r", "m", null, null, new PointBudget(0)))];

        await SampledSteps.OfAsync(runs, 5, limit, CancellationToken.None);

        Assert.That(reads, Has.Count.EqualTo(limit == 100 ? 30 : 10 + 30 + 30));
    }

    private static long[] Hundred => [.. Enumerable.Range(0, 100).Select(static i => (long)i)];

    private static ReadMetricPage Counted(long[] steps, List<string?> reads) => Counted(PagesOf(steps, int.MaxValue), reads);

    private static ReadMetricPage Counted(ReadMetricPage read, List<string?> reads) => (runId, key, take, after, cancellationToken) =>
    {
        reads.Add(after);
        return read(runId, key, take, after, cancellationToken);
    };

    /// <summary>As the protocol says it.</summary>
    private static HashSet<long> AllAtOnce(long[][] runs, int maximum)
    {
        long[] all = [.. runs.SelectMany(static steps => steps).Distinct().Order()];
        if (all.Length <= maximum)
        {
            return [.. all];
        }

        IEnumerable<long> ends = runs.Where(static steps => steps.Length > 0).SelectMany(static steps => new[] { steps.Min(), steps.Max() });
        return [.. Enumerable.Range(0, maximum).Select(i => all[(int)((long)i * all.Length / maximum)]), all[^1], .. ends];
    }

    private static ReadMetricPage PagesOf(long[] steps, int page) => (_, _, take, after, _) =>
    {
        take = Math.Min(take, page);
        int first = after is null ? 0 : int.Parse(after, CultureInfo.InvariantCulture);
        MetricPoint[] points = [.. steps.Skip(first).Take(take).Select(static step => new MetricPoint(step, DateTimeOffset.UnixEpoch, 0))];
        return Task.FromResult(new MetricPage(points, first + take < steps.Length ? (first + take).ToString(CultureInfo.InvariantCulture) : null));
    };
}
