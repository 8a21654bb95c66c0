using Mlops.Storage.Conformance;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>What the connections of a database are set to.</summary>
[TestFixture]
public sealed class PostgreSqlSessionTests
{
    [Test]
    public async Task No_query_is_compiled_on_whatever_connection_and_however_often_that_was_used()
    {
        await using var database = new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
        for (int i = 0; i < 3; i++)
        {
            List<string>[] seen = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => database.QueryAsync(
                "SELECT current_setting('jit') FROM (SELECT pg_sleep(0.05)) slept", static row => row.GetString(0), CancellationToken.None).AsTask()));
            Assert.That(seen.SelectMany(static settings => settings), Is.EqualTo(Enumerable.Repeat("off", 4)));
        }

        Assert.That(
            await database.WriteAsync(0, static (session, _) => session.QueryFirst("SELECT current_setting('jit')", static row => row.GetString(0))),
            Is.EqualTo("off"));
    }
}
