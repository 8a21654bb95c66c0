using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Tracking;

/// <summary>Ends the runs of processes that died, while the host runs.</summary>
internal sealed class OrphanReaping(Tracker tracker, IOptions<TrackingOptions> options) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.ReapOrphans ? tracker.ReapForeverAsync(stoppingToken) : Task.CompletedTask;
}
