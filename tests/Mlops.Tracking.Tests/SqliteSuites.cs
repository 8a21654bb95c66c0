using Mlops.Storage;
using Mlops.Storage.Sqlite;
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

internal static class Sqlite
{
    public static Database Create(string folder) => new SqliteDatabase($"Data Source={Path.Combine(folder, "tracking.db")}");
}

public sealed class SqliteRunTests : RunSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteMetricTests : MetricSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteBufferTests : BufferSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteListingTests : ListingSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteFilterTests : FilterSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteArtifactTests : ArtifactSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteRaceTests : RaceSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteRepeatTests : RepeatSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteKeyTests : KeySuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteSequenceTests : SequenceSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteDurabilityTests : DurabilitySuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteOrderTests : OrderSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteEnvelopeTests : EnvelopeSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqlitePagingTests : PagingSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteComparisonTests : ComparisonSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteExportTests : ExportSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteExperimentTests : ExperimentSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteWritingTests : WritingSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteDatasetTests : DatasetSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteDeletionTests : DeletionSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqlitePurgeTests : PurgeSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteUpgradeTests : UpgradeSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteOrphanTests : OrphanSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteEnvironmentTests : EnvironmentSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteCrashTests : CrashSuite
{
    protected override string EngineOf(string folder) => Path.Combine(folder, "crash.db");
}
