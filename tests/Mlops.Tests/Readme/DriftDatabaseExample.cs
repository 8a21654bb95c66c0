// given: begin
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Mlops.Drift;
// given: end

namespace Mlops.Tests.Readme.DriftDatabase;

/// <summary>Rows of a database.</summary>
[TestFixture]
public sealed class DriftDatabaseExample : ReadmeExample
{
    [Test]
    public async Task Rows_of_a_database_are_compared()
    {
        // given: begin
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        const string table = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
            + "SELECT (i * 37 % 1000) / 10.0 AS amount, CASE i % 3 WHEN 0 THEN 'AT' ELSE 'DE' END AS country, date('2026-01-01', i || ' minutes') AS ordered_at FROM n";
        using DbCommand before = new SqliteCommand(table, connection), now = new SqliteCommand(table, connection);
        // given: end

        // readme: begin
        DriftSchema columns = DriftSchema.Create(s => s.Numeric("amount").Categorical("country").Timestamp("ordered_at"));
        await using DbDataReader last = await before.ExecuteReaderAsync();
        ReferenceProfile reference = await ReferenceProfile.BuildAsync(columns, last);
        await using DbDataReader latest = await now.ExecuteReaderAsync();
        DriftReport weekly = await DriftReport.CompareAsync(reference, columns, latest);
        // readme: end

        Assert.That((reference.Rows, weekly.Rows, weekly.Verdict), Is.EqualTo((3_000L, 3_000L, DriftVerdict.NoDrift)));
    }
}
