using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

// The store tests on SQLite: a new file for every test.

internal sealed class SqliteShapeTests : ShapeTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteFailureTests : FailureTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteFencingTests : FencingTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteGiveBackTests : GiveBackTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteTakeOverTests : TakeOverTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteBatchTests : BatchTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteRunTests : RunTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteResultTests : ResultTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteChangedPipelineTests : ChangedPipelineTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqlitePauseTests : PauseTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteRerunTests : RerunTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteMemoTests : MemoTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteLimitTests : LimitTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteApprovalTests : ApprovalTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqlitePoolTests : PoolTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqlitePriorityTests : PriorityTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteCacheTests : CacheTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteScheduleTests : ScheduleTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteRunPageTests : RunPageTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteSimulationTests : SimulationTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteSubPipelineTests : SubPipelineTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteRepeatTests : RepeatTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteSubsetTests : SubsetTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteCheckTests : CheckTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteStepLogTests : StepLogTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteSecretTests : SecretTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteSensorTests : SensorTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteBackfillTests : BackfillTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteClockTests : ClockTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteAnnouncementTests : AnnouncementTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteLineageTests : LineageTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqliteDispatchTests : DispatchTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqlitePurgeTests : PurgeTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}

internal sealed class SqlitePurgeRaceTests : PurgeRaceTests
{
    protected override Database Create(string folder) => SqliteFile.Open(folder);
}
