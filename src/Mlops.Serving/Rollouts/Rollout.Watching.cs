namespace Mlops.Serving;

public sealed partial class Rollout
{
    private readonly string _owner = Guid.NewGuid().ToString("n");
    private int _storeHasFailed;

    private void RefreshLater() => _ = RefreshAsync(_stopping.Token);

    /// <summary>Follows what is loaded and stored. What fails is logged and tried again.</summary>
    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _acting.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await SettleAsync(cancellationToken).ConfigureAwait(false);
                Interlocked.Exchange(ref _storeHasFailed, 0);
            }
            finally
            {
                _acting.Release();
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (Interlocked.Exchange(ref _storeHasFailed, 1) == 0)
                ServingLog.RolloutStoreFailed(_model.Logger, _model.Name, exception);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Options.CheckInterval, TimeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
                await LookSafelyAsync(stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    // Whatever goes wrong in one look, a time-out of somebody's client for example, there must be a next.
    private async Task LookSafelyAsync(CancellationToken stopping)
    {
        try
        {
            await LookAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            if (Interlocked.Exchange(ref _storeHasFailed, 1) == 0)
                ServingLog.RolloutStoreFailed(_model.Logger, _model.Name, exception);
        }
    }

    /// <summary>What is done at every <see cref="RolloutOptions.CheckInterval"/>.</summary>
    internal async Task LookAsync()
    {
        CancellationToken stopping = _stopping.Token;
        await RefreshAsync(stopping).ConfigureAwait(false);
        if (_withdrawn is { } own && _live.Version?.Digest == own.Digest)
            _live.ReloadLater();   // also while the store is away
        await FinishAsync(stopping).ConfigureAwait(false);
        if (_trial is null)
            return;

        // Asked each time, so that whoever decides goes on to.
        await LeadsAsync(stopping).ConfigureAwait(false);
        await ConcludeAsync(stopping).ConfigureAwait(false);
        await RememberAsync(stopping).ConfigureAwait(false);
    }

    /// <summary>What was left to be done: a target that failed, the version before that is no longer needed.</summary>
    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        await _acting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_record is not { } record)
                return;

            if (record.PromotedAt is { } promoted && TimeProvider.GetUtcNow() - promoted >= Options.RollbackWindow)
                LetGo();
            if (!record.IsCarriedOut && await LeadsAsync(cancellationToken).ConfigureAwait(false))
                await CarryOutAsync(record, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _acting.Release();
        }
    }

    private void LetGo()
    {
        lock (_switching)
        {
            if (_previous is not { } previous)
                return;
            _previous = null;
            _candidate.Unload(previous);
        }
    }
}
