using System.Data.Common;
using Microsoft.Data.Sqlite;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

internal sealed class SqliteEngine : IStorageEngine
{
    public static readonly SqliteEngine Instance = new();

    public string CreateDatabase() => TemporaryFolder.NewDatabase();

    public Database Connect(string connectionString, DatabaseOptions? options) => new SqliteDatabase(connectionString, options);

    public Durability ReadDurability(SqlSession session) => session.QueryFirst(
        "SELECT (SELECT journal_mode FROM pragma_journal_mode), (SELECT synchronous FROM pragma_synchronous)", static row => (row.GetString(0), row.GetInt64(1))) switch
    {
        ("wal", 1) => Durability.Process,
        ("wal", 2) => Durability.Power,
        (string mode, long synchronous) => throw new InvalidOperationException($"journal_mode={mode}, synchronous={synchronous} is no level."),
    };

    public DbConnection ConnectDirectly(string connectionString) => new SqliteConnection($"{connectionString};Pooling=False");
}
