using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

// The store tests on PostgreSQL: an empty database for every test.

internal sealed class PostgreSqlShapeTests : ShapeTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlFailureTests : FailureTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlFencingTests : FencingTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlGiveBackTests : GiveBackTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlTakeOverTests : TakeOverTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlBatchTests : BatchTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlRunTests : RunTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlResultTests : ResultTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlChangedPipelineTests : ChangedPipelineTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlPauseTests : PauseTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlRerunTests : RerunTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlMemoTests : MemoTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlLimitTests : LimitTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlApprovalTests : ApprovalTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlPoolTests : PoolTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlPriorityTests : PriorityTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlCacheTests : CacheTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlScheduleTests : ScheduleTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlRunPageTests : RunPageTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlSimulationTests : SimulationTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlSubPipelineTests : SubPipelineTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlRepeatTests : RepeatTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlSubsetTests : SubsetTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlCheckTests : CheckTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlStepLogTests : StepLogTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlSecretTests : SecretTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlSensorTests : SensorTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlBackfillTests : BackfillTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlClockTests : ClockTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlAnnouncementTests : AnnouncementTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlLineageTests : LineageTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlDispatchTests : DispatchTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlPurgeTests : PurgeTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}

internal sealed class PostgreSqlPurgeRaceTests : PurgeRaceTests
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
}
