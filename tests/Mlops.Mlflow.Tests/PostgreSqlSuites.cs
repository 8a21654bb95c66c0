using Mlops.Mlflow.Tests.Artifacts;
using Mlops.Mlflow.Tests.Experiments;
using Mlops.Mlflow.Tests.Metrics;
using Mlops.Mlflow.Tests.Models;
using Mlops.Mlflow.Tests.Protocol;
using Mlops.Mlflow.Tests.Runs;
using Mlops.Mlflow.Tests.Versions;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Mlflow.Tests;

internal static class PostgreSql
{
    public static void Choose(IMlopsStorageBuilder storage, string folder) =>
        storage.UsePostgreSql(PostgreSqlServer.DatabaseOf(folder)).UseFileArtifacts(Path.Combine(folder, "artifacts"));
}

public sealed class PostgreSqlExperimentTests : ExperimentSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlRunTests : RunSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlRunLogTests : RunLogSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlRunSearchTests : RunSearchSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlMetricTests : MetricSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlArtifactTests : ArtifactSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlModelTests : ModelSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlVersionTests : VersionSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlTransportTests : TransportSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlFuzzTests : FuzzSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlConcurrencyTests : ConcurrencySuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}
