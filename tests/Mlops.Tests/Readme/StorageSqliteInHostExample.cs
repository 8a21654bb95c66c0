// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
// given: end

namespace Mlops.Tests.Readme.StorageSqliteInHost;

/// <summary>SQLite in a host.</summary>
[TestFixture]
public sealed class StorageSqliteInHostExample : ReadmeExample
{
    [Test]
    public async Task The_host_has_a_database()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        // given: end

        // readme: begin
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        // readme: end

        using IHost host = builder.Build();
        await host.StartAsync();
        Assert.That(host.Services.GetRequiredService<Database>().Dialect.Name, Is.EqualTo("sqlite"));
        await host.StopAsync();
    }
}
