using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

[TestFixture]
public sealed class SqliteDatabaseConformanceTests : DatabaseConformance
{
    protected override string CreateDatabase() => TemporaryFolder.NewDatabase();

    protected override Database Connect(string connectionString, DatabaseOptions? options) => new SqliteDatabase(connectionString, options);
}

[TestFixture]
public sealed class SqliteLeaseConformanceTests : LeaseConformance
{
    protected override string CreateDatabase() => TemporaryFolder.NewDatabase();

    protected override Database Connect(string connectionString, DatabaseOptions? options) => new SqliteDatabase(connectionString, options);
}

[TestFixture]
public sealed class SqliteArtifactConformanceTests : ArtifactConformance
{
    protected override string CreateDatabase() => TemporaryFolder.NewDatabase();

    protected override Database Connect(string connectionString, DatabaseOptions? options) => new SqliteDatabase(connectionString, options);
}

[TestFixture]
public sealed class SqliteSuitesTests
{
    [Test]
    public void The_provider_skips_no_suite() => Assert.That(ConformanceSuites.MissingFrom(typeof(SqliteSuitesTests).Assembly), Is.Empty);
}
