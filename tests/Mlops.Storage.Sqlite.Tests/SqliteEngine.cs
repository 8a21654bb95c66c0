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
        "SELECT synchronous FROM pragma_synchronous", static row => row.GetInt64(0) == 2 ? Durability.Power : Durability.Process);

    public DbConnection ConnectDirectly(string connectionString) => new SqliteConnection($"{connectionString};Pooling=False");
}
