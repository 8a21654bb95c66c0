using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Packs runs that are written to without a handle, in the background and each run once at a time. Thread-safe.</summary>
internal sealed class RunPackings(TrackingStore store, ILogger logger)
{
    private readonly ConcurrentDictionary<long, Task> _packings = new();

    public void Start(long run, string runId)
    {
        var packing = new Task<Task>(() => PackAsync(run, runId));
        if (_packings.TryAdd(run, packing.Unwrap()))
        {
            packing.Start(TaskScheduler.Default);
        }
    }

    /// <summary>Completes when the packings that run now have ended; never fails.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(_packings.Values);

    private async Task PackAsync(long run, string runId)
    {
        try
        {
            await store.PackAsync(run, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.PackingFailed(exception, runId);
        }
        finally
        {
            _packings.TryRemove(run, out _);
        }
    }
}
