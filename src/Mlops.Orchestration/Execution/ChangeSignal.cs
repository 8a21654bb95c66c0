namespace Mlops.Orchestration;

/// <summary>Wakes everybody who waits for progress. Take <see cref="Next"/> before looking, so that nothing is missed.</summary>
/// <param name="also">Called at every pulse.</param>
internal sealed class ChangeSignal(Action? also = null)
{
    private TaskCompletionSource? _next;

    public Task Next()
    {
        while (true)
        {
            TaskCompletionSource? current = Volatile.Read(ref _next);
            if (current is not null)
            {
                return current.Task;
            }

            var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref _next, created, null) is null)
            {
                return created.Task;
            }
        }
    }

    public void Pulse()
    {
        Interlocked.Exchange(ref _next, null)?.TrySetResult();
        also?.Invoke();
    }
}
