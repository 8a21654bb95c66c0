using Mlops.Storage.Conformance;
using Npgsql;

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

    /// <summary>Its driver is told not to reset connections, and it has settings of its own on each, as those that are not in a role.</summary>
    [Test]
    [CancelAfter(60_000)]
    public async Task Connections_of_the_hosts_own_data_source_go_back_as_they_came(CancellationToken cancellationToken)
    {
        var builder = new NpgsqlDataSourceBuilder($"{PostgreSqlServer.CreateDatabase()};No Reset On Close=true");
        builder.UsePhysicalConnectionInitializer(Prepare, static connection =>
        {
            Prepare(connection);
            return Task.CompletedTask;
        });
        await using NpgsqlDataSource source = builder.Build();
        var heard = new SemaphoreSlim(0);
        await using (var database = new PostgreSqlDatabase(source))
        {
            using IDisposable subscription = database.OnSignal("a", () => heard.Release());
            await heard.WaitAsync(cancellationToken);
            foreach (Durability level in (Durability[])[Durability.Power, Durability.Process])
            {
                // Every writer at its own connection.
                await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => database.WriteAsync(
                    0, static (session, _) => session.Execute("SELECT pg_sleep(0.05)"), level, cancellationToken)));
            }
        }

        List<NpgsqlConnection> pooled = [];
        try
        {
            // More than there are in the pool: those that were used are among them.
            for (int i = 0; i < 12; i++)
            {
                NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
                pooled.Add(connection);
                await using NpgsqlCommand command = connection.CreateCommand();
                command.CommandText = """
                    SELECT current_setting('lock_timeout') || ' ' || current_setting('synchronous_commit') || ' '
                        || (SELECT coalesce(string_agg(channel, ','), '') FROM pg_listening_channels() AS channel)
                    """;
                Assert.That(await command.ExecuteScalarAsync(cancellationToken), Is.EqualTo("7s local hosts"), $"connection {i}");
            }
        }
        finally
        {
            foreach (NpgsqlConnection connection in pooled)
            {
                await connection.DisposeAsync();
            }
        }

        static void Prepare(NpgsqlConnection connection)
        {
            using NpgsqlCommand command = connection.CreateCommand();
            command.CommandText = "SET lock_timeout = 7000; SET synchronous_commit = local; LISTEN hosts";
            command.ExecuteNonQuery();
        }
    }
}
