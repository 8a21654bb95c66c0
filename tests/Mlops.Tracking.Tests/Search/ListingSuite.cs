using System.Globalization;

namespace Mlops.Tracking.Tests.Search;

public abstract class ListingSuite : TrackingSuite
{
    [Test]
    public async Task Pages_follow_each_other_without_a_gap_in_either_order()
    {
        List<string> started = [];
        for (int i = 0; i < 23; i++)
        {
            started.Add(await LogAsync("e", null));
            if (i % 3 == 0)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        Assert.That(await IdsAsync(new() { Order = RunOrder.Oldest, Take = 5 }), Is.EqualTo(started));
        Assert.That(await IdsAsync(new() { Order = RunOrder.Newest, Take = 7 }), Is.EqualTo(started.AsEnumerable().Reverse()));
        Assert.That(await IdsAsync(new() { Take = 23 }), Has.Count.EqualTo(23));
    }

    [Test]
    public async Task Pages_by_a_metric_put_nan_last_and_leave_out_runs_without_it()
    {
        double[] values = [3, double.NaN, -1, double.PositiveInfinity, 3, -0.0, double.NegativeInfinity, 0.0, double.NaN];
        List<string> ids = [];
        foreach (double value in values)
        {
            ids.Add(await LogAsync("e", value));
        }

        await LogAsync("e", null);
        await LogAsync("other", 1);

        Assert.That((await IdsAsync(new() { Order = RunOrder.ByMetric("mae"), Take = 2 })).Select(id => ids.IndexOf(id)), Is.EqualTo(new[] { 6, 2, 5, 7, 0, 4, 3, 1, 8 }));
        Assert.That((await IdsAsync(new() { Order = RunOrder.ByMetricDescending("mae"), Take = 2 })).Select(id => ids.IndexOf(id)), Is.EqualTo(new[] { 3, 4, 0, 7, 5, 2, 6, 8, 1 }));
    }

    [Test]
    public async Task Conditions_hold_together()
    {
        await using Run parent = await Tracker.StartRunAsync("e");
        string wanted = await StartAsync("ridge", "trial", parent.Id, complete: true);
        await StartAsync("tree", "trial", parent.Id, complete: true);
        await StartAsync("ridge", "final", parent.Id, complete: true);
        await StartAsync("ridge", "trial", null, complete: true);
        await StartAsync("ridge", "trial", parent.Id, complete: false);

        var query = new RunQuery
        {
            Status = RunStatus.Finished,
            ParentId = parent.Id,
            Tags = new Dictionary<string, string> { ["stage"] = "trial" },
            Parameters = new Dictionary<string, string> { ["kind"] = "ridge" },
        };
        Assert.That(await IdsAsync(query), Is.EqualTo(new[] { wanted }));
    }

    [Test]
    public async Task A_page_describes_each_run_by_its_own_values()
    {
        for (int i = 0; i < 12; i++)
        {
            await LogAsync("e", i);
        }

        RunPage page = await Tracker.ListRunsAsync("e", new() { Order = RunOrder.ByMetric("mae") });
        Assert.That(page.Runs.Select(run => run.Metrics["mae"].Value), Is.EqualTo(Enumerable.Range(0, 12).Select(i => (double)i)));
        Assert.That(page.Runs.Select(run => run.Parameters["i"]), Is.EqualTo(page.Runs.Select(run => $"{run.Metrics["mae"].Value}")));
        Assert.That(page.Next, Is.Null);
    }

    [Test]
    public async Task An_unknown_experiment_or_metric_is_an_empty_page()
    {
        await LogAsync("e", 1);

        Assert.That((await Tracker.ListRunsAsync("absent")).Runs, Is.Empty);
        Assert.That((await Tracker.ListRunsAsync("e", new() { Order = RunOrder.ByMetric("absent") })).Runs, Is.Empty);
    }

    [Test]
    public async Task A_position_of_another_query_or_of_nobody_is_refused()
    {
        await LogAsync("e", 1);
        await LogAsync("e", 2);
        string next = (await Tracker.ListRunsAsync("e", new() { Take = 1 })).Next!;

        Assert.Multiple(() =>
        {
            Assert.That(() => Tracker.ListRunsAsync("e", new() { After = "nonsense" }), Throws.ArgumentException);
            Assert.That(() => Tracker.ListRunsAsync("e", new() { After = next + "A" }), Throws.ArgumentException);
            Assert.That(() => Tracker.ListRunsAsync("e", new() { After = next, Order = RunOrder.Oldest }), Throws.ArgumentException);
            Assert.That(() => Tracker.ListRunsAsync("e", new() { Take = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => Tracker.ListRunsAsync("e", new() { Take = 1_001 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    [Test]
    public async Task No_order_depends_on_how_the_host_writes_numbers()
    {
        // The texts of queries are kept per shape: two tags are a shape that no other test asks for.
        var tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" };
        double[] values = [3, double.NaN, -1.5];
        List<string> ids = [];
        foreach (double value in values)
        {
            await Tracker.TrackAsync("e", new StartRunOptions { Tags = tags }, (run, token) =>
            {
                ids.Add(run.Id);
                run.LogMetric("mae", value);
                return Task.CompletedTask;
            });
        }

        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = NorthernCulture();
        try
        {
            Assert.That(await OrderedAsync(RunOrder.Oldest), Is.EqualTo(new[] { 0, 1, 2 }));
            Assert.That(await OrderedAsync(RunOrder.Newest), Is.EqualTo(new[] { 2, 1, 0 }));
            Assert.That(await OrderedAsync(RunOrder.ByMetric("mae")), Is.EqualTo(new[] { 2, 0, 1 }));
            Assert.That(await OrderedAsync(RunOrder.ByMetricDescending("mae")), Is.EqualTo(new[] { 0, 2, 1 }));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        async Task<IEnumerable<int>> OrderedAsync(RunOrder order) =>
            (await IdsAsync(new() { Order = order, Tags = tags, Take = 2 })).Select(id => ids.IndexOf(id));
    }

    /// <summary>Numbers as Swedish, Norwegian and Finnish write them: a minus sign that is none to SQL, and a decimal comma.</summary>
    private static CultureInfo NorthernCulture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NegativeSign = "\u2212";
        culture.NumberFormat.NumberDecimalSeparator = ",";
        return culture;
    }

    private async Task<string> LogAsync(string experiment, double? value) => await Tracker.TrackAsync(experiment, (run, token) =>
    {
        run.LogParameter("i", value ?? 0);
        if (value is { } metric)
        {
            run.LogMetric("mae", metric);
        }

        return Task.FromResult(run.Id);
    });

    private async Task<string> StartAsync(string kind, string stage, string? parent, bool complete)
    {
        await using Run run = await Tracker.StartRunAsync("e", new() { ParentId = parent });
        run.LogParameter("kind", kind);
        run.SetTag("stage", stage);
        if (complete)
        {
            run.Complete();
        }

        return run.Id;
    }

    private async Task<List<string>> IdsAsync(RunQuery query)
    {
        List<string> ids = [];
        do
        {
            RunPage page = await Tracker.ListRunsAsync("e", query);
            Assert.That(page.Runs, Has.Count.LessThanOrEqualTo(query.Take));
            ids.AddRange(page.Runs.Select(run => run.Id));
            query.After = page.Next;
        }
        while (query.After is not null);
        return ids;
    }
}
