using Microsoft.Extensions.Hosting;

namespace Mlops.Serving;

/// <summary>
/// Stores what waits when the host stops: most of it while every database is certainly there, and what services that were added before serving still predict at the end.
/// </summary>
internal sealed class PredictionLogHost(PredictionLog log) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A store that fails now is tried once more below, where it is logged.
    public async Task StopAsync(CancellationToken cancellationToken) =>
        await log.FlushAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public async Task StoppedAsync(CancellationToken cancellationToken) => await log.DisposeAsync().ConfigureAwait(false);
}
