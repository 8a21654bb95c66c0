namespace Mlops.Serving;

public sealed partial class ServedModel
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private const int Doublings = 6; // From a second to about a minute.

    private void OnSourceChanged() => ReloadAfter(Options.ReloadDelay);

    /// <summary>
    /// A source that failed may have said already that there is something new, and will not say it again. Called by the one load that runs.
    /// </summary>
    private void RetryLater()
    {
        ReloadAfter(FirstRetry * (1 << _sourceFailures));
        _sourceFailures = Math.Min(_sourceFailures + 1, Doublings);
    }

    private void ReloadAfter(TimeSpan delay)
    {
        // One reload takes in every change that arrives before it begins.
        if (!_isDisposed && Interlocked.Exchange(ref _reloadIsDue, 1) == 0)
            _ = ReloadSoonAsync(delay, _stopping.Token);
    }

    private async Task ReloadSoonAsync(TimeSpan delay, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(delay, TimeProvider, stopping).ConfigureAwait(false);
            Volatile.Write(ref _reloadIsDue, 0);
            await ReloadAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModelLoadException or OperationCanceledException or ObjectDisposedException)
        {
            // A failed load has been logged and counted, and the version before still serves.
        }
        catch (Exception exception)
        {
            ServingLog.ReloadBroke(Logger, Name, exception);
        }
    }
}
