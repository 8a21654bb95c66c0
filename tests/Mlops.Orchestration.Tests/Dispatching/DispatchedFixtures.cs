using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

// What holds of steps holds whoever decides where they are executed: the same tests with a dispatcher in place of the workers' own claims.

internal sealed class DispatchedShapeTests : ShapeTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedFailureTests : FailureTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedLimitTests : LimitTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedPauseTests : PauseTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedRerunTests : RerunTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedMemoTests : MemoTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedApprovalTests : ApprovalTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedPoolTests : PoolTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedCacheTests : CacheTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class DispatchedRunTests : RunTests
{
    private SqliteFile? _file;

    protected override bool IsDispatched => true;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class PostgreSqlDispatchedShapeTests : ShapeTests
{
    protected override bool IsDispatched => true;

    protected override Database Create() => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlDispatchedPoolTests : PoolTests
{
    protected override bool IsDispatched => true;

    protected override Database Create() => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}
