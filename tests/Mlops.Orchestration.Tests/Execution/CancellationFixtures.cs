using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

internal sealed class SqliteCancellationTests : CancellationTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedCancellationTests : CancellationTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class PostgreSqlCancellationTests : CancellationTests
{
    protected override Database Create() => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}
