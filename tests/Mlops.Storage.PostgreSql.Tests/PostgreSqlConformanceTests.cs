using Mlops.Storage.Conformance;

namespace Mlops.Storage.PostgreSql.Tests;

[TestFixture]
public sealed class PostgreSqlDatabaseConformanceTests : DatabaseConformance
{
    protected override IStorageEngine Engine => PostgreSqlEngine.Instance;
}

[TestFixture]
public sealed class PostgreSqlWritingConformanceTests : WritingConformance
{
    protected override IStorageEngine Engine => PostgreSqlEngine.Instance;
}

[TestFixture]
public sealed class PostgreSqlDurabilityConformanceTests : DurabilityConformance
{
    protected override IStorageEngine Engine => PostgreSqlEngine.Instance;
}

[TestFixture]
public sealed class PostgreSqlMigrationConformanceTests : MigrationConformance
{
    protected override IStorageEngine Engine => PostgreSqlEngine.Instance;
}

[TestFixture]
public sealed class PostgreSqlLeaseConformanceTests : LeaseConformance
{
    protected override IStorageEngine Engine => PostgreSqlEngine.Instance;
}

[TestFixture]
public sealed class PostgreSqlOutboxConformanceTests : OutboxConformance
{
    protected override IStorageEngine Engine => PostgreSqlEngine.Instance;
}

[TestFixture]
public sealed class PostgreSqlArtifactConformanceTests : ArtifactConformance
{
    protected override IStorageEngine Engine => PostgreSqlEngine.Instance;
}

[TestFixture]
public sealed class PostgreSqlCrashConformanceTests : CrashConformance
{
    protected override IStorageEngine Engine => PostgreSqlEngine.Instance;
}

[TestFixture]
public sealed class PostgreSqlSuitesTests
{
    [Test]
    public void The_provider_skips_no_suite() => Assert.That(ConformanceSuites.ShortcomingsOf(typeof(PostgreSqlSuitesTests).Assembly), Is.Empty);
}
