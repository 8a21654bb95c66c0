// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
// given: end

namespace Mlops.Tests.Readme.RegistryInHost;

/// <summary>The registry in a host.</summary>
[TestFixture]
public sealed class RegistryInHostExample : ReadmeExample
{
    [Test]
    public async Task The_host_has_a_registry()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        // given: end

        // readme: begin
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        builder.Services.AddMlopsRegistry();              // inject ModelRegistry; options in section Mlops:Registry
        // readme: end

        using IHost host = builder.Build();
        await host.StartAsync();
        Assert.That(await host.Services.GetRequiredService<ModelRegistry>().FindAsync("ridership@champion"), Is.Null);
        await host.StopAsync();
    }
}
