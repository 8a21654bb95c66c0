using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

// The store tests on SQLite: a new file for every test.

internal sealed class SqliteShapeTests : ShapeTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteFailureTests : FailureTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteFencingTests : FencingTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteBatchTests : BatchTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteRunTests : RunTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteResultTests : ResultTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteChangedPipelineTests : ChangedPipelineTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqlitePauseTests : PauseTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteRerunTests : RerunTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteMemoTests : MemoTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteLimitTests : LimitTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteApprovalTests : ApprovalTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqlitePoolTests : PoolTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqlitePriorityTests : PriorityTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteCacheTests : CacheTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteScheduleTests : ScheduleTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteRunPageTests : RunPageTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteSimulationTests : SimulationTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteSubPipelineTests : SubPipelineTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteRepeatTests : RepeatTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteSubsetTests : SubsetTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteCheckTests : CheckTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteStepLogTests : StepLogTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteSecretTests : SecretTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteSensorTests : SensorTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteBackfillTests : BackfillTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteClockTests : ClockTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteAnnouncementTests : AnnouncementTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteLineageTests : LineageTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqliteDispatchTests : DispatchTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqlitePurgeTests : PurgeTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}

internal sealed class SqlitePurgeRaceTests : PurgeRaceTests
{
    private SqliteFile? _file;

    protected override Database Create() => (_file = new SqliteFile()).Open();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();
}
