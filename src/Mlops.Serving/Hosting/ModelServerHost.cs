using Microsoft.Extensions.Hosting;

namespace Mlops.Serving;

/// <summary>Loads the models while the host starts, so that the first request finds them.</summary>
internal sealed class ModelServerHost(ModelServer server) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => server.LoadAllAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
