using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Mlops.Tracking.Tests.Artifacts;
using Mlops.Tracking.Tests.Comparison;
using Mlops.Tracking.Tests.Datasets;
using Mlops.Tracking.Tests.Deletion;
using Mlops.Tracking.Tests.Experiments;
using Mlops.Tracking.Tests.Exports;
using Mlops.Tracking.Tests.Life;
using Mlops.Tracking.Tests.Metrics;
using Mlops.Tracking.Tests.Runs;
using Mlops.Tracking.Tests.Search;
using Mlops.Tracking.Tests.Storage;
using Mlops.Tracking.Tests.Surroundings;

namespace Mlops.Tracking.Tests;

public sealed class PostgreSqlRunTests : RunSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlMetricTests : MetricSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlBufferTests : BufferSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlListingTests : ListingSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlFilterTests : FilterSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlArtifactTests : ArtifactSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlRaceTests : RaceSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlRepeatTests : RepeatSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlKeyTests : KeySuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlSequenceTests : SequenceSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlDurabilityTests : DurabilitySuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlOrderTests : OrderSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlEnvelopeTests : EnvelopeSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlPagingTests : PagingSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlComparisonTests : ComparisonSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlExportTests : ExportSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlExperimentTests : ExperimentSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlWritingTests : WritingSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlDatasetTests : DatasetSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlDeletionTests : DeletionSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlPurgeTests : PurgeSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlUpgradeTests : UpgradeSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlOrphanTests : OrphanSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlEnvironmentTests : EnvironmentSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlCrashTests : CrashSuite
{
    protected override string EngineOf(string folder) => PostgreSqlServer.DatabaseOf(folder);
}
