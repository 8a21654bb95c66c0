using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mlops.Storage;

/// <summary>
/// Gives up what waits in the outbox of a database whose hosts have no receiver left. Where there is one, its relay does so, which also works
/// without a host.
/// </summary>
internal sealed class UnservedMessageCollector(IServiceProvider services, LeaseTable leases, TimeProvider time) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Database database = services.GetRequiredDatabase();
        return services.GetService<Outbox>() is null
            ? UnservedMessages.WatchAsync(database, [], leases, time, database.LoggerFactory.CreateLogger<UnservedMessageCollector>(), stoppingToken)
            : Task.CompletedTask;
    }
}
