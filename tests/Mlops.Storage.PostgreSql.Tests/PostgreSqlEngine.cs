using System.Data.Common;
using Mlops.Storage.Conformance;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

internal sealed class PostgreSqlEngine : IStorageEngine
{
    public static readonly PostgreSqlEngine Instance = new();

    public string CreateDatabase() => PostgreSqlServer.CreateDatabase();

    public Database Connect(string connectionString, DatabaseOptions? options) => new PostgreSqlDatabase(connectionString, options);

    public Durability ReadDurability(SqlSession session) => session.QueryFirst(
        "SELECT current_setting('synchronous_commit')", static row => row.GetString(0) == "on" ? Durability.Power : Durability.Process);

    public DbConnection ConnectDirectly(string connectionString) => new NpgsqlConnection($"{connectionString};Pooling=False");
}
