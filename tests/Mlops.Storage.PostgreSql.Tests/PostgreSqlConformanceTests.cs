using Mlops.Storage.Conformance;

namespace Mlops.Storage.PostgreSql.Tests;

[TestFixture]
public sealed class PostgreSqlDatabaseConformanceTests : DatabaseConformance
{
    protected override string CreateDatabase() => PostgreSqlServer.CreateDatabase();

    protected override Database Connect(string connectionString, DatabaseOptions? options) => new PostgreSqlDatabase(connectionString, options);
}

[TestFixture]
public sealed class PostgreSqlLeaseConformanceTests : LeaseConformance
{
    protected override string CreateDatabase() => PostgreSqlServer.CreateDatabase();

    protected override Database Connect(string connectionString, DatabaseOptions? options) => new PostgreSqlDatabase(connectionString, options);
}

[TestFixture]
public sealed class PostgreSqlArtifactConformanceTests : ArtifactConformance
{
    protected override string CreateDatabase() => PostgreSqlServer.CreateDatabase();

    protected override Database Connect(string connectionString, DatabaseOptions? options) => new PostgreSqlDatabase(connectionString, options);
}

[TestFixture]
public sealed class PostgreSqlSuitesTests
{
    [Test]
    public void The_provider_skips_no_suite() => Assert.That(ConformanceSuites.MissingFrom(typeof(PostgreSqlSuitesTests).Assembly), Is.Empty);
}
