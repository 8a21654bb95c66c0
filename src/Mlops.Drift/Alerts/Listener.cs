namespace Mlops.Drift;

/// <summary>One observer: its places in the outboxes, and its last call. Told by one delivery at a time.</summary>
internal sealed class Listener(IDriftObserver observer, OutboxPlace alerts, OutboxPlace reports, TimeSpan timeout, TimeProvider timeProvider)
{
    private volatile Task _call = Task.CompletedTask;
    private volatile bool _isAbandoned;

    public IDriftObserver Observer => observer;

    public OutboxPlace Alerts => alerts;

    public OutboxPlace Reports => reports;

    /// <summary>Whether a call that took too long still runs: another one would only pile up behind it.</summary>
    public bool IsStuck => _isAbandoned && !_call.IsCompleted;

    /// <summary>Calls the observer; answers why it did not take the event, or null.</summary>
    /// <exception cref="OperationCanceledException">The delivery was cancelled.</exception>
    public async ValueTask<Exception?> TellAsync(Func<IDriftObserver, CancellationToken, ValueTask> call, CancellationToken cancellationToken)
    {
        CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // A delivery that was cancelled leaves its call to end by itself.
            await _call.WaitAsync(timeout, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (!_call.IsCompleted)
                throw new TimeoutException($"A call that was cancelled has not ended within {timeout}.");

            // On a thread of its own, since an observer may block before it awaits.
            _isAbandoned = false;
            _call = Task.Run(() => call(observer, limit.Token).AsTask(), CancellationToken.None);
            await _call.WaitAsync(timeout, timeProvider, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The wait can end before the observer's own token has heard, and disposing would keep it from hearing at all.
            await limit.CancelAsync().ConfigureAwait(false);
            throw;
        }
        catch (Exception exception)
        {
            await limit.CancelAsync().ConfigureAwait(false);
            _isAbandoned = true;
            return exception;
        }
        finally
        {
            // Nobody awaits an abandoned call; what it throws in the end is heard here.
            _ = _call.ContinueWith(
                static (call, limit) =>
                {
                    _ = call.Exception;
                    ((CancellationTokenSource)limit!).Dispose();
                },
                limit, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
