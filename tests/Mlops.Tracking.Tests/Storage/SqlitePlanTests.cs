using Mlops.Storage;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>How SQLite answers lists and counts: by walking an index that ends with what tells deleted runs.</summary>
public sealed class SqlitePlanTests : TrackingSuite
{
    [Test]
    public async Task A_list_walks_the_runs_of_its_experiment_and_sorts_no_more_than_its_page([Values] Lifecycle lifecycle, [Values] bool isDeep)
    {
        var query = new RunQuery { Lifecycle = lifecycle };
        string plan = await PlanAsync(RunQuerySql.List(["e"], query, null, isDeep ? await PositionAsync(query.Order) : null));

        Assert.That(plan, Does.Contain("USING COVERING INDEX tracking_run_walk").And.Contain(isDeep ? "started<?" : "experiment=?"));
        Assert.That(plan[..plan.IndexOf("page", plan.IndexOf("tracking_run_walk", StringComparison.Ordinal), StringComparison.Ordinal)], Does.Not.Contain("TEMP B-TREE"));
    }

    [Test]
    public async Task The_order_of_a_metric_looks_at_no_run_of_another_experiment([Values] bool isDescending, [Values] bool isDeep)
    {
        var query = new RunQuery { Order = isDescending ? RunOrder.ByMetricDescending("m") : RunOrder.ByMetric("m") };
        string plan = await PlanAsync(RunQuerySql.List(["e"], query, null, isDeep ? await PositionAsync(query.Order) : null));

        Assert.That(plan, Does.Contain("USING COVERING INDEX tracking_run_walk").Or.Contain("USING INDEX tracking_run_walk"));
        Assert.That(plan, Does.Contain("o0 USING PRIMARY KEY (run=? AND metric=?)").And.Not.Contain("tracking_series_value"));
    }

    [Test]
    public async Task A_count_reads_the_index_alone([Values] Lifecycle lifecycle)
    {
        Assert.That(await PlanAsync(RunQuerySql.Count(["e"], lifecycle, null)), Does.Contain("USING COVERING INDEX tracking_run_walk"));
    }

    protected override Database Create(string folder) => Sqlite.Create(folder);

    private async Task<OrderPosition> PositionAsync(RunOrder order)
    {
        for (int i = 0; i < 2; i++)
        {
            await Tracker.TrackAsync("e", static (run, token) => run.LogMetricsAsync([new Metric("m", 1)], token));
        }

        RunPage page = await Tracker.ListRunsAsync("e", new RunQuery { Order = order, Take = 1 });
        return order.Keys.ParsePosition(page.Next!, "after");
    }

    private async Task<string> PlanAsync(SqlText sql)
    {
        List<string> lines = await Database.QueryAsync($"EXPLAIN QUERY PLAN {sql}", static row => row.GetString(3), CancellationToken.None, sql.Arguments);
        return string.Join('\n', lines);
    }
}
