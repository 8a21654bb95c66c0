using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>
/// Loads the models while the host starts, so that the first request finds them. When it stops, the models are reported as not ready first; what
/// accepts requests is stopped only after the drain delay, when those who route requests have noticed.
/// </summary>
internal sealed class ModelServerHost(ModelServer server, IOptions<ServingHostOptions> options, TimeProvider timeProvider) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => server.LoadAllAsync(cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        server.IsStopping = true;
        await Task.Delay(options.Value.DrainDelay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => server.RememberAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
