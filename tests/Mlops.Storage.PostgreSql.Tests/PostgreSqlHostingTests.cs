using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mlops.Storage.Conformance;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

[TestFixture]
public sealed class PostgreSqlHostingTests
{
    [Test]
    public async Task A_connection_string_is_all_a_host_needs()
    {
        using IHost host = await StartAsync(static storage => storage.UsePostgreSql(PostgreSqlServer.CreateDatabase()));

        Assert.That(await AnswerAsync(host), Is.EqualTo(42));
        Assert.That(host.Services.GetRequiredService<Database>().LoggerFactory, Is.SameAs(host.Services.GetRequiredService<ILoggerFactory>()));
        await host.StopAsync();
    }

    [Test]
    public async Task The_hosts_own_data_source_serves_and_outlives_the_database()
    {
        await using var source = NpgsqlDataSource.Create(PostgreSqlServer.CreateDatabase());
        using (IHost host = await StartAsync(storage => storage.UsePostgreSql(_ => source)))
        {
            Assert.That(await AnswerAsync(host), Is.EqualTo(42));
            Assert.That(host.Services.GetRequiredService<Database>().LoggerFactory, Is.SameAs(host.Services.GetRequiredService<ILoggerFactory>()));
            await host.StopAsync();
        }

        await using NpgsqlCommand command = source.CreateCommand("SELECT count(*) FROM mlops_schema");
        Assert.That(await command.ExecuteScalarAsync(), Is.GreaterThan(0L));
    }

    [Test]
    public async Task Health_says_whether_the_database_answers()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UsePostgreSql(PostgreSqlServer.CreateDatabase());
        builder.Services.AddHealthChecks().AddMlopsStorage();
        using IHost host = builder.Build();
        await host.StartAsync();
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();

        Assert.That((await health.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));
        await host.StopAsync();
    }

    [Test]
    public async Task Health_is_unhealthy_without_a_server_and_keeps_the_password_to_itself()
    {
        var services = new ServiceCollection();
        services.AddMlopsStorage().UsePostgreSql("Host=127.0.0.1;Port=1;Username=mlops;Password=canary;Database=mlops");
        services.AddLogging().AddHealthChecks().AddMlopsStorage();
        await using ServiceProvider provider = services.BuildServiceProvider();

        HealthReport report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        HealthReportEntry entry = report.Entries["mlops.storage"];
        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(entry.Description + entry.Exception, Does.Not.Contain("canary"));
    }

    private static async Task<IHost> StartAsync(Action<IMlopsStorageBuilder> use)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        use(builder.Services.AddMlopsStorage());
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<int> AnswerAsync(IHost host) =>
        (await host.Services.GetRequiredService<Database>().QueryAsync("SELECT 42", static row => row.GetInt32(0), CancellationToken.None)).Single();
}
