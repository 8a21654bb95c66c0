using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

internal sealed class PostgreSqlCrashTests : CrashTests
{
    private string _connectionString = "";

    protected override string Engine => "postgresql";

    protected override string ConnectionString => _connectionString;

    [SetUp]
    public void CreateDatabase() => _connectionString = PostgreSqlServer.CreateDatabase();

    protected override Database Create() => new PostgreSqlDatabase(_connectionString);

    protected override Task CheckFilesAsync(Database database, CancellationToken cancellationToken) => Amcheck.CheckAsync(database, cancellationToken);
}
