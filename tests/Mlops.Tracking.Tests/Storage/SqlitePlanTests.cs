using Mlops.Storage;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>How SQLite answers lists and counts: by walking an index that ends with what tells deleted runs.</summary>
public sealed class SqlitePlanTests : TrackingSuite
{
    [Test]
    public async Task A_list_walks_the_runs_of_its_experiment_without_sorting([Values] Lifecycle lifecycle)
    {
        SqlText sql = RunQuerySql.List(["e"], new RunQuery { Lifecycle = lifecycle }, null, null);

        Assert.That(await PlanAsync(sql), Does.Contain("USING INDEX tracking_run_walk").And.Not.Contain("TEMP B-TREE"));
    }

    [Test]
    public async Task A_count_reads_the_index_alone([Values] Lifecycle lifecycle)
    {
        Assert.That(await PlanAsync(RunQuerySql.Count(["e"], lifecycle, null)), Does.Contain("USING COVERING INDEX tracking_run_walk"));
    }

    protected override Database Create(string folder) => Sqlite.Create(folder);

    private async Task<string> PlanAsync(SqlText sql)
    {
        List<string> lines = await Database.QueryAsync($"EXPLAIN QUERY PLAN {sql}", static row => row.GetString(3), CancellationToken.None, sql.Arguments);
        return string.Join('\n', lines);
    }
}
