using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using Npgsql;

namespace Mlops.Benchmarks.Tracking;

/// <summary>A folder with a database of its own, gone when it is disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;

    /// <summary>A new SQLite file, or a new schema of the PostgreSQL database.</summary>
    public Database Open(string? postgreSql = null) => postgreSql is null ? new SqliteDatabase($"Data Source={Path.Combine(_path, "tracking.db")}") : new PostgreSqlDatabase(NewSchema(postgreSql));

    /// <summary>A file of the folder.</summary>
    public string PathOf(string name) => Path.Combine(_path, name);

    public Tracker Track(Database database) =>
        new(database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(_path, "artifacts"))));

    public async Task<long> PayloadBytesAsync(Database database) => (await database.QueryAsync(
        "SELECT (SELECT sum(length(payload)) FROM tracking_chunk), (SELECT sum(length(payload)) FROM tracking_block)",
        static row => (row.IsDBNull(0) ? 0 : row.GetInt64(0)) + (row.IsDBNull(1) ? 0 : row.GetInt64(1)), CancellationToken.None))[0];

    public void Dispose() => Directory.Delete(_path, recursive: true);

    /// <summary>The connection string of an empty schema of the database, which replaces the one before.</summary>
    public static string NewSchema(string connectionString)
    {
        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        using var create = new NpgsqlCommand("DROP SCHEMA IF EXISTS mlops_benchmark CASCADE; CREATE SCHEMA mlops_benchmark", connection);
        create.ExecuteNonQuery();
        return $"{connectionString};Search Path=mlops_benchmark";
    }
}
