// given: begin
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
// given: end

namespace Mlops.Tests.Readme.RegistryWebhook;

/// <summary>A webhook of the registry in a host.</summary>
[TestFixture]
public sealed class RegistryWebhookExample : ReadmeExample
{
    [Test]
    public async Task The_host_keeps_what_happens_for_the_target()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Mlops:Registry:Webhooks:audit:Url"] = "https://audit.invalid/hook",
            ["Mlops:Registry:Webhooks:audit:Keys:0"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        });
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        // given: end

        // readme: begin
        builder.Services.AddMlopsRegistry().AddWebhook("audit");     // target and keys in section Mlops:Registry:Webhooks:audit
        // readme: end

        using IHost host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<ModelRegistry>().CreateModelAsync("ridership");
        List<string> waiting = await host.Services.GetRequiredService<Database>().QueryAsync(
            "SELECT topic FROM outbox_message", static row => row.GetString(0), CancellationToken.None);
        Assert.That(waiting, Is.EqualTo(new[] { "registry.model.created" }));
        await host.StopAsync();
    }
}
