using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Tracking;

/// <summary>Ends the runs of processes that died, while the host runs.</summary>
internal sealed class OrphanReaping(Tracker tracker, IOptions<TrackingOptions> options) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.ReapOrphans)
        {
            return;
        }

        try
        {
            await tracker.ReapForeverAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // A host that fails to start would report it as this service's failure.
        }
    }
}
