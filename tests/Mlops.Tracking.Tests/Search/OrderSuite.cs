namespace Mlops.Tracking.Tests.Search;

public abstract class OrderSuite : TrackingSuite
{
    private static readonly string[] Texts = ["tree", "Tree", "forest", "100%", "", "\u00e9", "zz"];
    private static readonly double[] Numbers = [0, -0.0, 1, -1, 2.5, 1e300, double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    private static readonly (string Name, Func<RunRecord, IComparable?> Of)[] Fields =
    [
        ("run_id", static run => new Bytes(run.Id)),
        ("run_name", static run => new Bytes(run.Name)),
        ("attributes.status", static run => new Bytes(run.Status.ToString().ToUpperInvariant())),
        ("start_time", static run => run.StartTime),
        ("end_time", static run => run.EndTime),
        ("parent_run_id", static run => run.ParentId is { } parent ? new Bytes(parent) : null),
        ("params.model", static run => run.Parameters.TryGetValue("model", out string? model) ? new Bytes(model) : null),
        ("tags.`team.name`", static run => run.Tags.TryGetValue("team.name", out string? team) ? new Bytes(team) : null),
        ("params.absent", static _ => null),
        ("metrics.absent", static _ => null),
        ("metric.a", static run => run.Metrics.TryGetValue("a", out MetricSummary? a) ? ValueOrder.Of(a.Value) : null),
        ("min(metrics.a)", static run => run.Metrics.GetValueOrDefault("a")?.Minimum is { } minimum ? ValueOrder.Of(minimum) : null),
        ("max(metrics.a)", static run => run.Metrics.GetValueOrDefault("a")?.Maximum is { } maximum ? ValueOrder.Of(maximum) : null),
        ("count(metrics.a)", static run => run.Metrics.GetValueOrDefault("a")?.Count),
    ];

    /// <summary>Random orders over two experiments, page by page, beside a sort in memory: every run once, each in its place.</summary>
    [Test]
    public async Task Pages_of_an_order_follow_each_other_as_a_sort_in_memory_says()
    {
        var random = new Random(11);
        await LogAsync(random, 45);
        string[] experiments = ["a", "b", "absent"];
        List<RunRecord> runs = [.. (await Tracker.ListRunsAsync(experiments, new() { Take = 1_000 })).Runs];
        Assert.That(runs.Select(static run => run.Experiment).Distinct(), Is.EquivalentTo(new[] { "a", "b" }));
        Assert.That(await Tracker.CountRunsAsync(experiments), Is.EqualTo(45));
        for (int i = 0; i < 80; i++)
        {
            (string Name, Func<RunRecord, IComparable?> Of, bool IsDescending)[] keys =
                [.. random.GetItems(Fields, random.Next(1, 4)).DistinctBy(static field => field.Name).Select(field => (field.Name, field.Of, random.Next(2) == 0))];
            string order = string.Join(", ", keys.Select(static key => $"{key.Name}{(key.IsDescending ? " DESC" : "")}"));
            Assert.That(await IdsAsync(experiments, new() { Order = RunOrder.Parse(order), Take = random.Next(2, 20) }), Is.EqualTo(Sorted(runs, keys)), order);
        }
    }

    [Test]
    public async Task Start_and_metric_orders_go_through_several_experiments()
    {
        await LogAsync(new Random(2), 20);
        string[] experiments = ["b", "a"];
        List<string> newest = await IdsAsync(experiments, new() { Take = 3 });
        Assert.That(newest, Has.Count.EqualTo(20).And.Unique);
        Assert.That(await IdsAsync(experiments, new() { Order = RunOrder.Oldest, Take = 7 }), Is.EqualTo(newest.AsEnumerable().Reverse()));
        List<string> byMetric = await IdsAsync(experiments, new() { Order = RunOrder.ByMetric("a"), Take = 4 });
        Assert.That(byMetric, Has.Count.EqualTo(await Tracker.CountRunsAsync(experiments, "count(metrics.a) > 0")).And.Unique);
    }

    [Test]
    public async Task A_position_of_another_order_is_refused()
    {
        await LogAsync(new Random(1), 5);
        string next = (await Tracker.ListRunsAsync("a", new() { Order = RunOrder.Parse("run_name"), Take = 1 })).Next!;
        Assert.That(() => Tracker.ListRunsAsync("a", new() { Order = RunOrder.Parse("run_name DESC"), After = next }), Throws.ArgumentException);
        Assert.That(() => Tracker.ListRunsAsync("a", new() { After = next }), Throws.ArgumentException);
        Assert.That(() => Tracker.ListRunsAsync("a", new() { Order = RunOrder.Parse("run_name"), After = "!" }), Throws.ArgumentException);
    }

    [Test]
    public void An_order_or_a_list_of_experiments_that_is_none_is_refused()
    {
        Assert.That(static () => RunOrder.Parse("mae"), Throws.InstanceOf<Mlops.Storage.FilterException>());
        Assert.That(static () => RunOrder.Parse("at(metrics.a, 1)"), Throws.InstanceOf<Mlops.Storage.FilterException>());
        Assert.That(() => Tracker.ListRunsAsync(Array.Empty<string>()), Throws.ArgumentException);
        Assert.That(() => Tracker.CountRunsAsync(["a", ""]), Throws.ArgumentException);
        Assert.That(() => Tracker.CountRunsAsync([.. Enumerable.Repeat("a", 10_001)]), Throws.ArgumentException);
    }

    private static List<string> Sorted(List<RunRecord> runs, (string Name, Func<RunRecord, IComparable?> Of, bool IsDescending)[] keys)
    {
        List<RunRecord> sorted = [.. runs];
        sorted.Sort((left, right) =>
        {
            foreach ((string name, Func<RunRecord, IComparable?> of, bool isDescending) in (IEnumerable<(string, Func<RunRecord, IComparable?>, bool)>)[.. keys.Select(static key => (key.Name, key.Of, key.IsDescending)), ("start_time", static run => run.StartTime, true), ("run_id", static run => new Bytes(run.Id), false)])
            {
                IComparable? one = of(left), other = of(right);
                bool isNumber = name.Contains("metric", StringComparison.Ordinal) && !name.StartsWith("count", StringComparison.Ordinal);
                int oneRank = Rank(one, isNumber), otherRank = Rank(other, isNumber);
                int compared = oneRank != otherRank ? oneRank.CompareTo(otherRank) : oneRank > 0 ? 0 : isDescending ? other!.CompareTo(one) : one!.CompareTo(other);
                if (compared != 0)
                {
                    return compared;
                }
            }

            return 0;
        });
        return sorted.ConvertAll(static run => run.Id);
    }

    /// <summary>Numbers and texts, then NaN, then what is missing, in either direction.</summary>
    private static int Rank(IComparable? value, bool isNumber) => value is null ? 2 : isNumber && value.Equals(ValueOrder.NaN) ? 1 : 0;

    private async Task LogAsync(Random random, int count)
    {
        string? first = null;
        for (int i = 0; i < count; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(random.Next(2)));
            await using Run run = await Tracker.StartRunAsync(i % 3 == 0 ? "b" : "a", new() { Name = $"n{random.Next(4)}", ParentId = random.Next(3) == 0 ? first : null });
            first ??= run.Id;
            if (random.Next(3) > 0)
            {
                run.LogParameter("model", Texts[random.Next(Texts.Length)]);
            }

            if (random.Next(3) > 0)
            {
                run.SetTag("team.name", Texts[random.Next(Texts.Length)]);
            }

            for (int step = random.Next(-1, 3); step >= 0; step--)
            {
                run.LogMetric("a", Numbers[random.Next(Numbers.Length)], step);
            }

            Time.Advance(TimeSpan.FromMilliseconds(random.Next(2)));
            if (random.Next(2) == 0)
            {
                run.Complete();
            }
        }
    }

    private async Task<List<string>> IdsAsync(string[] experiments, RunQuery query)
    {
        List<string> ids = [];
        do
        {
            RunPage page = await Tracker.ListRunsAsync(experiments, query);
            Assert.That(page.Runs, Has.Count.InRange(1, query.Take));
            ids.AddRange(page.Runs.Select(static run => run.Id));
            query.After = page.Next;
        }
        while (query.After is not null);
        return ids;
    }

    /// <summary>Texts by their UTF-8 bytes.</summary>
    private sealed record Bytes(string Text) : IComparable
    {
        public int CompareTo(object? other) => System.Text.Encoding.UTF8.GetBytes(Text).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(((Bytes)other!).Text));
    }
}
