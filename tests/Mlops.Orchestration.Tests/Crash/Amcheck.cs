using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>PostgreSQL's own check of its files: every index against its table and its order, and every table.</summary>
internal static class Amcheck
{
    public static async Task CheckAsync(Database database, CancellationToken cancellationToken)
    {
        if ((await database.QueryAsync("SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'", static row => row.GetInt64(0), cancellationToken)).Single() == 0)
        {
            Assert.That(Environment.GetEnvironmentVariable("CI"), Is.Not.EqualTo("true"), "the server lacks the extension amcheck, which the package 'postgresql' brings");
            TestContext.Out.WriteLine("amcheck is not installed; the server's files were not checked");
            return;
        }

        await database.WriteAsync(0, static (session, _) => session.Execute("CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA public"), Durability.Process, cancellationToken);
        List<string> indexes = await database.QueryAsync(
            """
            SELECT c.relname, CAST(public.bt_index_parent_check(c.oid, true, true) AS text)
            FROM pg_class c JOIN pg_am a ON a.oid = c.relam
            WHERE c.relkind = 'i' AND a.amname = 'btree' AND c.relnamespace = CAST(current_schema() AS regnamespace)
            ORDER BY c.relname
            """,
            static row => row.GetString(0),
            cancellationToken);
        Assert.That(indexes, Has.Some.StartsWith("orchestration_step"));
        List<string> findings = await database.QueryAsync(
            """
            SELECT c.relname || ': ' || found.msg
            FROM pg_class c, LATERAL public.verify_heapam(c.oid) found
            WHERE c.relkind = 'r' AND c.relnamespace = CAST(current_schema() AS regnamespace)
            ORDER BY 1
            """,
            static row => row.GetString(0),
            cancellationToken);
        Assert.That(findings, Is.Empty);
    }
}
