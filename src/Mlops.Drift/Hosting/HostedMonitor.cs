using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Drift;

/// <summary>One monitor that the host evaluates, and its stored state, which is never overwritten before it has been read.</summary>
internal sealed class HostedMonitor(DriftMonitor monitor, MonitorRegistration registration, DriftStore? store, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private TimeSpan _delay = ShortestDelay;
    private bool _isWaiting;
    private bool _maySave;

    /// <summary>Reads the stored state once and makes the registered version the live one. Rows wait when the database is busy or away.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        monitor.Hold();
        await RestoreAsync(cancellationToken).ConfigureAwait(false);
        if (registration.Initial is var (modelVersion, reference))
            monitor.Activate(modelVersion, reference);
    }

    /// <summary>Evaluates at the monitor's interval, once its state is known.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (_isWaiting)
            {
                await Task.Delay(_delay, timeProvider, stoppingToken).ConfigureAwait(false);
                _delay = _delay * 2 < LongestDelay ? _delay * 2 : LongestDelay;
                await RestoreAsync(stoppingToken).ConfigureAwait(false);
            }

            using PeriodicTimer timer = new(monitor.EvaluationInterval, timeProvider);
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                // What an observer did not take is no reason to judge and store the same rows again.
                Func<CancellationToken, Task>? work = monitor.HasNews ? monitor.EvaluateAsync : monitor.HasDue ? token => monitor.DeliverAsync(isLast: false, token) : null;
                if (work is null)
                    continue;
                await TryAsync(work, stoppingToken).ConfigureAwait(false);
                await SaveAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>Tells what a stop has cut short; the state holds alerts but no reports.</summary>
    public async Task DeliverLastAsync(CancellationToken cancellationToken)
    {
        if (!monitor.HasUndelivered)
            return;
        try
        {
            await TryAsync(token => monitor.DeliverAsync(isLast: true, token), cancellationToken).ConfigureAwait(false);
            await SaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // An observer has taken all the time there was; the others were told meanwhile, and the state was saved before.
        }
    }

    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        if (store is null || !_maySave)
            return;
        try
        {
            await store.SaveStateAsync(monitor.Name, monitor.SaveState(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            DriftLog.SaveFailed(logger, monitor.Name, exception);
        }
    }

    // A state is worth having, not worth refusing to serve for.
    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        _isWaiting = false;
        byte[]? state = null;
        try
        {
            if (store is not null)
                state = await store.FindStateAsync(monitor.Name, cancellationToken).ConfigureAwait(false);
            _maySave = true;
        }
        catch (StorageException exception) when (exception.IsTransient)
        {
            DriftLog.RestoreDelayed(logger, monitor.Name, _delay, exception);
            _isWaiting = true;
            return;
        }
        catch (StorageException exception)
        {
            DriftLog.RestoreGivenUp(logger, monitor.Name, exception);
        }

        try
        {
            monitor.Resume(state, version => version == registration.Initial?.ModelVersion ? registration.Initial?.Reference : null);
        }
        catch (DriftFormatException exception)
        {
            DriftLog.RestoreFailed(logger, monitor.Name, exception);
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            DriftLog.EvaluationFailed(logger, monitor.Name, exception);
        }
    }
}
