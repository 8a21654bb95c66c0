using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

internal sealed class SqliteCancellationTests : CancellationTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedCancellationTests : CancellationTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class PostgreSqlCancellationTests : CancellationTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}
