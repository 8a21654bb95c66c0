// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
// given: end
using Mlops.Storage.Conformance;

namespace Mlops.Tests.Readme.StoragePostgreSqlInHost;

/// <summary>PostgreSQL in a host.</summary>
[TestFixture]
public sealed class StoragePostgreSqlInHostExample : ReadmeExample
{
    [Test]
    public async Task The_host_has_a_database()
    {
        string connectionString = PostgreSqlServer.CreateDatabase();

        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        // given: end

        // readme: begin
        builder.Services.AddMlopsStorage().UsePostgreSql(connectionString);
        // readme: end

        using IHost host = builder.Build();
        await host.StartAsync();
        Assert.That(host.Services.GetRequiredService<Database>().Dialect.Name, Is.EqualTo("postgresql"));
        await host.StopAsync();
    }
}
