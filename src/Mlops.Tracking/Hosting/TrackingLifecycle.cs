using Microsoft.Extensions.Hosting;

namespace Mlops.Tracking;

/// <summary>
/// Stores what open runs still hold when the host stops, within the host's own shutdown timeout: early, while other services may take
/// long to stop, and again when all of them have stopped, for what they have logged meanwhile.
/// </summary>
internal sealed class TrackingLifecycle(Tracker tracker) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => tracker.DrainAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => tracker.CloseAsync(cancellationToken);
}
