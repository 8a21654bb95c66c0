using Microsoft.Extensions.Hosting;

namespace Mlops.Tracking;

/// <summary>Stores what open runs still hold when the host stops, within the host's own shutdown timeout.</summary>
internal sealed class TrackingLifecycle(Tracker tracker) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => tracker.FlushAsync(cancellationToken);
}
