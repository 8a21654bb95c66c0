using Mlops.Storage.Conformance;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>The connection breaks while the server works on COMMIT.</summary>
[TestFixture]
public sealed class PostgreSqlUnknownOutcomeTests
{
    private static readonly MigrationSet Rows = new("deadly",
    [
        new Migration(1, "CREATE TABLE deadly_row (id {int} NOT NULL PRIMARY KEY) {keyed};"),
    ]);

    [Test]
    public async Task A_write_whose_COMMIT_was_not_answered_says_so_and_is_not_repeated()
    {
        string connectionString = PostgreSqlServer.CreateDatabase();
        await using var database = new PostgreSqlDatabase(connectionString);
        database.Require(Rows);
        await database.OpenAsync();
        await ExecuteAsync(connectionString, """
            CREATE SEQUENCE commits;
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM nextval('commits');
                PERFORM pg_terminate_backend(pg_backend_pid());
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER deadly AFTER INSERT ON deadly_row DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW WHEN (NEW.id = 13) EXECUTE FUNCTION die();
            """);

        StorageException? failure = await Assert.ThrowsAsync<StorageException>(async () => await InsertAsync(database, 13));

        Assert.That((failure!.OutcomeUnknown, failure.IsTransient), Is.EqualTo((true, true)));
        Assert.That(failure.Message, Does.Contain("COMMIT").And.Contain("by its key"));

        // The same object goes on, on a new connection.
        Assert.That(await InsertAsync(database, 1), Is.EqualTo(1));
        Assert.That(await database.QueryAsync("SELECT id FROM deadly_row", static row => row.GetInt64(0), CancellationToken.None), Is.EqualTo(new long[] { 1 }));
        Assert.That(
            await database.QueryAsync("SELECT last_value FROM commits WHERE is_called", static row => row.GetInt64(0), CancellationToken.None),
            Is.EqualTo(new long[] { 1 }), "COMMIT was sent more than once, or never");
    }

    private static Task<int> InsertAsync(Database database, long id) => database.WriteAsync(
        id, static (session, id) => session.Execute("INSERT INTO deadly_row (id) VALUES (@id)", ("@id", id)));

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
