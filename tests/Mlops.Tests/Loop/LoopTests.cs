using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Tests.Loop;

public sealed class SqliteLoopTests : LoopSuite
{
    protected override void Use(IMlopsStorageBuilder storage, string folder) => storage.UseSqlite($"Data Source={Path.Combine(folder, "mlops.db")}");
}

public sealed class PostgreSqlLoopTests : LoopSuite
{
    protected override void Use(IMlopsStorageBuilder storage, string folder) =>
        storage.UsePostgreSql(PostgreSqlServer.DatabaseOf(folder)).UseFileArtifacts(Path.Combine(folder, "artifacts"));
}
