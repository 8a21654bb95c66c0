namespace Mlops.Serving;

internal sealed partial class Deployment
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private const int Doublings = 6; // From a second to about a minute.

    /// <summary>Asks the source soon, as if it had changed.</summary>
    public void ReloadLater() => OnSourceChanged();

    private void OnSourceChanged()
    {
        // One reload takes in every change that arrives before it begins.
        if (Interlocked.Exchange(ref _reloadIsDue, 1) == 0)
            _ = ReloadAfterAsync(Options.ReloadDelay, isRetry: false, _stopping.Token);
    }

    /// <summary>
    /// A source that failed may have said already that there is something new, and will not say it again. Called by the one load that runs.
    /// </summary>
    private void RetryLater()
    {
        // Apart from changes: one that is announced meanwhile must not wait for the retry.
        if (Interlocked.Exchange(ref _retryIsDue, 1) == 0)
            _ = ReloadAfterAsync(FirstRetry * (1 << _sourceFailures), isRetry: true, _stopping.Token);
        _sourceFailures = Math.Min(_sourceFailures + 1, Doublings);
    }

    private async Task ReloadAfterAsync(TimeSpan delay, bool isRetry, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(delay, TimeProvider, stopping).ConfigureAwait(false);
            Volatile.Write(ref isRetry ? ref _retryIsDue : ref _reloadIsDue, 0);
            await ReloadAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModelLoadException or OperationCanceledException or ObjectDisposedException)
        {
            // A failed load has been logged and counted, and the version before still serves.
        }
        catch (Exception exception)
        {
            ServingLog.ReloadBroke(Logger, Model, exception);
        }
    }
}
