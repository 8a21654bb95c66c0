using Microsoft.Data.Sqlite;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Drift.Tests;

internal sealed class SqliteDriftStoreTests : DriftStoreSuite
{
    protected override Database Create(string folder) => new SqliteDatabase($"Data Source={Path.Combine(folder, "drift.db")}");

    [Test]
    public async Task Queries_read_no_more_rows_than_they_give()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-drift").FullName;
        string file = $"Data Source={Path.Combine(folder, "plan.db")};Pooling=False";
        await using (Database database = new SqliteDatabase(file))
            await new DriftStore(database).FindStateAsync("rides");

        Assert.That(Plan(file, "SELECT number, report FROM drift_report " + DriftStore.WhereReports), Does.Contain("COVERING INDEX drift_report_by_filter (monitor=? AND number<?)").And.Not.Contain("SCAN"));
        Assert.That(Plan(file, DriftStore.AlertsSql(onlyStanding: true)), Does.Contain("drift_alert_standing").And.Not.Contain("TEMP B-TREE"));
        Assert.That(Plan(file, DriftStore.AlertsSql(onlyStanding: false)), Does.Contain("drift_alert_by_time").And.Not.Contain("TEMP B-TREE"));
        Directory.Delete(folder, recursive: true);
    }

    private static string Plan(string file, string sql)
    {
        using SqliteConnection connection = new(file);
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + sql;
        foreach (string name in (string[])["@monitor", "@before", "@before_id", "@from", "@to", "@any_version", "@version", "@verdict_a", "@verdict_b", "@verdict_c", "@any_kind", "@kind", "@take"])
            command.Parameters.AddWithValue(name, 1L);
        using SqliteDataReader row = command.ExecuteReader();
        List<string> steps = [];
        while (row.Read())
            steps.Add(row.GetString(3));
        return string.Join('\n', steps);
    }
}

internal sealed class PostgreSqlDriftStoreTests : DriftStoreSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}
