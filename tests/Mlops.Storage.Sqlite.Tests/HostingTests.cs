using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>Storage in a host, with the one engine that needs nothing else.</summary>
[TestFixture]
public sealed class HostingTests
{
    private static readonly MigrationSet Rows = new("hosted",
    [
        new Migration(1, "CREATE TABLE hosted_row (id {int} NOT NULL PRIMARY KEY) {keyed};"),
    ]);

    [Test]
    public async Task The_database_is_open_before_the_first_service_starts_and_until_the_last_has_stopped()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);

        // Registered first, so it starts first and stops last.
        builder.Services.AddHostedService<Writer>();
        builder.Services.AddMlopsStorage().UseSqlite(TemporaryFolder.NewDatabase()).AddMigrations(Rows);
        using IHost host = builder.Build();
        Database database = host.Services.GetRequiredService<Database>();
        await host.StartAsync();
        await host.StopAsync();

        Assert.That(host.Services.GetServices<IHostedService>().OfType<Writer>().Single().Rows, Is.EqualTo(2));
        Assert.That(async () => await InsertAsync(database, 3), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Without_a_database_the_start_fails_and_names_both_choices_and_who_asks()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().AddMigrations(Rows);
        using IHost host = builder.Build();

        Assert.That(
            async () => await host.StartAsync(),
            Throws.InvalidOperationException.With.Message.Contains("UseSqlite").And.Message.Contains("UsePostgreSql").And.Message.Contains("hosted"));
    }

    [Test]
    public void Two_databases_are_one_too_many() => Assert.That(
        () => new ServiceCollection().AddMlopsStorage().UseSqlite("Data Source=a.db").UseSqlite("Data Source=b.db"), Throws.InvalidOperationException);

    [Test]
    public void Options_come_from_the_configuration_and_wrong_ones_stop_the_start()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Mlops:Storage:QueueCapacity"] = "0",
            ["Mlops:Storage:BusyTimeout"] = "00:00:05",
        });
        builder.Services.AddMlopsStorage().UseSqlite(TemporaryFolder.NewDatabase());
        using IHost host = builder.Build();

        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains("QueueCapacity"));
    }

    [Test]
    public void The_database_logs_where_the_host_does()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UseSqlite(TemporaryFolder.NewDatabase());
        using IHost host = builder.Build();

        Assert.That(host.Services.GetRequiredService<Database>().LoggerFactory, Is.SameAs(host.Services.GetRequiredService<ILoggerFactory>()));
    }

    private static Task<int> InsertAsync(Database database, long id) => database.WriteAsync(
        id, static (session, id) => session.Execute("INSERT INTO hosted_row (id) VALUES (@id)", ("@id", id)));

    private sealed class Writer(Database database) : IHostedService
    {
        public int Rows { get; private set; }

        public async Task StartAsync(CancellationToken cancellationToken) => Rows += await InsertAsync(database, 1);

        public async Task StopAsync(CancellationToken cancellationToken) => Rows += await InsertAsync(database, 2);
    }
}
