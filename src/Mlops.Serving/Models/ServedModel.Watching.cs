namespace Mlops.Serving;

public sealed partial class ServedModel
{
    private void OnSourceChanged()
    {
        // One reload takes in every change that arrives before it begins.
        if (Interlocked.Exchange(ref _reloadIsDue, 1) == 0)
            _ = ReloadSoonAsync(_stopping.Token);
    }

    private async Task ReloadSoonAsync(CancellationToken stopping)
    {
        try
        {
            await Task.Delay(Options.ReloadDelay, TimeProvider, stopping).ConfigureAwait(false);
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
