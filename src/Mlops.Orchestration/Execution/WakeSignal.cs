using System.Diagnostics.CodeAnalysis;

namespace Mlops.Orchestration;

/// <summary>Wakes one loop; signals that come while it is busy are remembered as one.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing, and signals may still come after the loop has ended.")]
internal sealed class WakeSignal
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);
    private int _set;

    public void Set()
    {
        if (Interlocked.Exchange(ref _set, 1) == 0)
        {
            _semaphore.Release();
        }
    }

    /// <summary>True when it was woken, false when the time was over.</summary>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!await _semaphore.WaitAsync(timeout, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        Volatile.Write(ref _set, 0);
        return true;
    }
}
