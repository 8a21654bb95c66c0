using System.Data.Common;
using Mlops.Storage.Conformance;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

internal sealed class PostgreSqlEngine : IStorageEngine
{
    public static readonly PostgreSqlEngine Instance = new();

    public string CreateDatabase() => PostgreSqlServer.CreateDatabase();

    public Database Connect(string connectionString, DatabaseOptions? options) => new PostgreSqlDatabase(connectionString, options);

    public DbConnection ConnectDirectly(string connectionString) => new NpgsqlConnection($"{connectionString};Pooling=False");
}
