using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

/// <summary>Ends streams when the host stops: they would keep it waiting for as long as their clients please.</summary>
internal sealed class GrpcDrain : IDisposable
{
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _stopping;
    private readonly IHostApplicationLifetime _lifetime;

    public GrpcDrain(IHostApplicationLifetime lifetime, IOptions<ServingHostOptions> options, TimeProvider timeProvider)
    {
        _lifetime = lifetime;
        _over = new CancellationTokenSource(Timeout.InfiniteTimeSpan, timeProvider);
        _stopping = lifetime.ApplicationStopping.Register(() => _over.CancelAfter(options.Value.DrainDelay));
    }

    /// <summary>Whether the host stops: health is bad from here on.</summary>
    public bool HasBegun => _lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Fires when the drain delay is over too, and streams take no more calls.</summary>
    public CancellationToken Over => _over.Token;

    public void Dispose()
    {
        _stopping.Dispose();
        _over.Dispose();
    }
}
