using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

// What holds of steps holds whoever decides where they are executed: the same tests with a dispatcher in place of the workers' own claims.

internal sealed class DispatchedShapeTests : ShapeTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedFailureTests : FailureTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedLimitTests : LimitTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedPauseTests : PauseTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedRerunTests : RerunTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedMemoTests : MemoTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedApprovalTests : ApprovalTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedPoolTests : PoolTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedCacheTests : CacheTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class DispatchedRunTests : RunTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class PostgreSqlDispatchedShapeTests : ShapeTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlDispatchedPoolTests : PoolTests
{
    protected override bool IsDispatched => true;

    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}
