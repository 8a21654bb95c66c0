// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
// given: end

namespace Mlops.Tests.Readme.TrackingInHost;

/// <summary>Tracking in a host.</summary>
[TestFixture]
public sealed class TrackingInHostExample : ReadmeExample
{
    [Test]
    public async Task The_host_has_a_tracker()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        // given: end

        // readme: begin
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        builder.Services.AddMlopsTracking();              // inject Tracker; options in section Mlops:Tracking
        // readme: end

        using IHost host = builder.Build();
        await host.StartAsync();
        Tracker tracker = host.Services.GetRequiredService<Tracker>();
        await tracker.TrackAsync("ridership", static (run, _) =>
        {
            run.LogMetric("mae", 1);
            return Task.CompletedTask;
        });
        Assert.That((await tracker.ListRunsAsync("ridership")).Runs, Has.Count.EqualTo(1));
        await host.StopAsync();
    }
}
