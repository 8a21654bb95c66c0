// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tuning;
// given: end

namespace Mlops.Tests.Readme.TuningInHost;

/// <summary>Tuning in a host.</summary>
[TestFixture]
public sealed class TuningInHostExample : ReadmeExample
{
    [Test]
    public async Task The_host_has_studies()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        // given: end

        // readme: begin
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        builder.Services.AddMlopsTuning();                       // then inject Studies
        // readme: end

        using IHost host = builder.Build();
        await host.StartAsync();
        Study study = await host.Services.GetRequiredService<Studies>().OpenAsync("parabola", Direction.Minimize);
        Assert.That(await study.FindBestAsync(), Is.Null);
        await host.StopAsync();
    }
}
