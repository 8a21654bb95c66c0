using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

/// <summary>Ends streams when the host stops: they would keep it waiting for as long as their clients please.</summary>
internal sealed class GrpcDrain(IOptions<ServingHostOptions> options, TimeProvider timeProvider) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _over = new(Timeout.InfiniteTimeSpan, timeProvider);

    /// <summary>Whether the host stops: health is bad from here on.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Fires when the drain delay is over too, and streams take no more calls.</summary>
    public CancellationToken Over => _over.Token;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        HasBegun = true;
        _over.CancelAfter(options.Value.DrainDelay);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _over.Dispose();
}
