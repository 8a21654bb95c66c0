using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;
using Mlops.Drift;
using Mlops.Serving;

namespace Mlops;

/// <summary>
/// Makes the version that serves the monitor's live one. Begins when everything else has started: the monitor then has its stored state, which may
/// name an older version, and the model is loaded.
/// </summary>
internal sealed class ServedVersionFollower(ModelServer server, string model, DriftMonitor monitor) : IHostedLifecycleService, IDisposable
{
    private readonly Lock _activating = new();
    private readonly ServedModel _model = server.Get(model);
    private IDisposable? _watch;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _watch = ChangeToken.OnChange(_model.WatchVersion, Activate);
        Activate();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _watch?.Dispose();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _watch?.Dispose();

    private void Activate()
    {
        // Read under the lock: of two swaps in a row the later one must have the last word.
        lock (_activating)
        {
            if (_model.Version is { } version)
                monitor.Activate(version.Digest);
        }
    }
}
