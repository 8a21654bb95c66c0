using Mlops.Mlflow.Tests.Artifacts;
using Mlops.Mlflow.Tests.Experiments;
using Mlops.Mlflow.Tests.Metrics;
using Mlops.Mlflow.Tests.Models;
using Mlops.Mlflow.Tests.Protocol;
using Mlops.Mlflow.Tests.Runs;
using Mlops.Mlflow.Tests.Versions;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Mlflow.Tests;

internal static class Sqlite
{
    public static void Choose(IMlopsStorageBuilder storage, string folder) => storage.UseSqlite($"Data Source={Path.Combine(folder, "mlflow.db")}");
}

public sealed class SqliteExperimentTests : ExperimentSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteRunTests : RunSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteRunLogTests : RunLogSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteRunSearchTests : RunSearchSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteMetricTests : MetricSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteArtifactTests : ArtifactSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteModelTests : ModelSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteVersionTests : VersionSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteTransportTests : TransportSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteFuzzTests : FuzzSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}

public sealed class SqliteConcurrencyTests : ConcurrencySuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => Sqlite.Choose(storage, folder);
}
