using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

[TestFixture]
public sealed class SqliteDatabaseConformanceTests : DatabaseConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;
}

[TestFixture]
public sealed class SqliteWritingConformanceTests : WritingConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;
}

[TestFixture]
public sealed class SqliteDurabilityConformanceTests : DurabilityConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;
}

[TestFixture]
public sealed class SqliteMigrationConformanceTests : MigrationConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;
}

[TestFixture]
public sealed class SqliteLeaseConformanceTests : LeaseConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;
}

[TestFixture]
public sealed class SqliteOutboxConformanceTests : OutboxConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;
}

[TestFixture]
public sealed class SqliteArtifactConformanceTests : ArtifactConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;
}

[TestFixture]
public sealed class SqliteCrashConformanceTests : CrashConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;
}

[TestFixture]
public sealed class SqliteSuitesTests
{
    [Test]
    public void The_provider_skips_no_suite() => Assert.That(ConformanceSuites.ShortcomingsOf(typeof(SqliteSuitesTests).Assembly), Is.Empty);
}
