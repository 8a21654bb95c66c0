using System.Data.Common;
using Mlops.Storage.Conformance;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

internal sealed class PostgreSqlEngine : IStorageEngine
{
    public static readonly PostgreSqlEngine Instance = new();

    public string CreateDatabase() => PostgreSqlServer.CreateDatabase();

    public Database Connect(string connectionString, DatabaseOptions? options) => new PostgreSqlDatabase(connectionString, options);

    public Durability ReadDurability(SqlSession session) => session.QueryFirst("SELECT current_setting('synchronous_commit')", static row => row.GetString(0)) switch
    {
        "off" => Durability.Process,
        "on" => Durability.Power,
        var other => throw new InvalidOperationException($"synchronous_commit={other} is no level."),
    };

    public DbConnection ConnectDirectly(string connectionString) => new NpgsqlConnection($"{connectionString};Pooling=False");
}
