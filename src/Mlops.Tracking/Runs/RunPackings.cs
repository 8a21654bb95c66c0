using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Packs runs in the background, each run once at a time, whoever has written to it. Thread-safe.</summary>
internal sealed class RunPackings(TrackingStore store, ILogger logger)
{
    private readonly ConcurrentDictionary<long, Task> _packings = new();

    /// <summary>Packs a run, unless that is going on; completes when that packing has ended, and never fails.</summary>
    public Task PackAsync(long run, string runId)
    {
        var packing = new Task<Task>(() => PackCoreAsync(run, runId));
        Task whole = packing.Unwrap();
        Task current = _packings.GetOrAdd(run, whole);
        if (ReferenceEquals(current, whole))
        {
            packing.Start(TaskScheduler.Default);
        }

        return current;
    }

    /// <summary>Completes when the packings that run now have ended; never fails.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(_packings.Values);

    private async Task PackCoreAsync(long run, string runId)
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
