using System.Globalization;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Metrics;

[TestFixture]
public sealed class SampledStepsTests
{
    [Test]
    public async Task Reading_page_by_page_chooses_what_looking_at_all_steps_at_once_would([Values(1, 2, 7, 1_000)] int take, [Values(1, 5, 40)] int maximum)
    {
        var random = new Random(take * maximum);
        for (int round = 0; round < 50; round++)
        {
            long[][] runs = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Enumerable.Range(0, random.Next(0, 30)).Select(_ => (long)random.Next(-20, 60)).Order().ToArray())];
            long from = random.Next(-25, 10), to = from + random.Next(0, 80);

            HashSet<long> sampled = await SampledSteps.OfAsync(
                [.. runs.Select(steps => new MetricPages(PagesOf(steps), "r", "m", take, from, to))], maximum, CancellationToken.None);

            Assert.That(sampled, Is.EquivalentTo(AllAtOnce([.. runs.Select(steps => steps.Where(step => step >= from && step <= to).ToArray())], maximum)));
        }
    }

    [Test]
    public async Task Behind_the_last_step_wanted_no_page_is_read()
    {
        int reads = 0;
        ReadMetricPage read = PagesOf([.. Enumerable.Range(0, 100).Select(static i => (long)i)]);
        var pages = new MetricPages(
            (runId, key, take, after, cancellationToken) =>
            {
                reads++;
                return read(runId, key, take, after, cancellationToken);
            }, "r", "m", take: 10, from: 5, to: 14);

        List<long> steps = [];
        await foreach (long step in pages.ReadStepsAsync(CancellationToken.None))
        {
            steps.Add(step);
        }

        Assert.That(steps, Is.EqualTo(Enumerable.Range(5, 10)));
        Assert.That(reads, Is.EqualTo(2));
    }

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

    private static ReadMetricPage PagesOf(long[] steps) => (_, _, take, after, _) =>
    {
        int first = after is null ? 0 : int.Parse(after, CultureInfo.InvariantCulture);
        MetricPoint[] points = [.. steps.Skip(first).Take(take).Select(static step => new MetricPoint(step, DateTimeOffset.UnixEpoch, 0))];
        return Task.FromResult(new MetricPage(points, first + take < steps.Length ? (first + take).ToString(CultureInfo.InvariantCulture) : null));
    };
}
