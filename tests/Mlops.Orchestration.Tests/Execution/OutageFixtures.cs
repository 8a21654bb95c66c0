using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

internal sealed class SqliteOutageTests : OutageTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class PostgreSqlOutageTests : OutageTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class DispatchedOutageTests : OutageTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}
