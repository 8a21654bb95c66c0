using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

/// <summary>How PostgreSQL finds the steps of a claim. On SQLite <see cref="CostTests"/> counts what it does.</summary>
internal sealed class ClaimPlanTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_claim_finds_its_steps_without_reading_the_table_whatever_the_statistics(bool analysed)
    {
        await using var database = new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
        await new Pipelines(database, []).RegisterAsync();
        await database.WriteAsync(analysed, static (session, analysed) =>
        {
            session.Execute("ALTER TABLE orchestration_step SET (autovacuum_enabled = false)");
            session.Execute(
                """
                INSERT INTO orchestration_step (run_id, step_key, node, ordinal, state, pending, attempt, failures, lost, epoch, not_before)
                SELECT 1, 'item[' || i || ']', 'item[]', i, 1, 0, 0, 0, 0, 0, 0 FROM generate_series(1, 5000) AS i
                """);
            return analysed ? session.Execute("ANALYZE orchestration_step") : 0;
        });
        string claim = new OrchestrationSql(database.Dialect, [], usesPools: false).Claim
            .Replace("@worker", "'w'", StringComparison.Ordinal).Replace("@now", "1", StringComparison.Ordinal).Replace("@run", "1", StringComparison.Ordinal)
            .Replace("@pool", "''", StringComparison.Ordinal).Replace("@count", "2", StringComparison.Ordinal);

        string plan = string.Join('\n', await database.QueryAsync("EXPLAIN " + claim, static row => row.GetString(0), CancellationToken.None));

        Assert.That(plan, Does.Contain("Tid Scan").And.Contains("orchestration_step_ready").And.Not.Contains("Seq Scan").And.Not.Contains("Bitmap"));
    }
}
