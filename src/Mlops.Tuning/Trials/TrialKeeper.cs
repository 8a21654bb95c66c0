using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>
/// Renews the leases of all running trials of this process in one write, and stores their reports on the way.
/// Holds them weakly: a trial that its user has forgotten stops being renewed and is taken over by somebody else.
/// </summary>
internal sealed class TrialKeeper(TuningStore store, ILeaseClock clock, TuningOptions options, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<WeakReference<Trial>> _trials = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _keeping = Task.CompletedTask;
    private bool _isKeeping;

    public void Add(Trial trial)
    {
        lock (_gate)
        {
            _trials.Add(new WeakReference<Trial>(trial));
            if (!_isKeeping && !_stop.IsCancellationRequested)
            {
                _isKeeping = true;
                _keeping = Task.Run(KeepAsync);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task KeepAsync()
    {
        TimeSpan tick = TimeSpan.FromTicks(Math.Min(options.ReportInterval.Ticks, options.LeaseDuration.Ticks / 6));
        while (true)
        {
            await Task.Delay(tick, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            List<Trial> running = TakeRunning();
            if (running.Count == 0 || _stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await UpdateAsync(running).ConfigureAwait(false);
                await RefreshAsync(running).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Whatever one trial brings up, the others' leases go on being renewed.
                logger.RenewalFailed(running.Count, exception);
            }
        }
    }

    private List<Trial> TakeRunning()
    {
        lock (_gate)
        {
            List<Trial> running = [];
            _trials.RemoveAll(reference =>
            {
                bool isRunning = reference.TryGetTarget(out Trial? trial) && trial.State == TrialState.Running && !trial.Lost.IsCancellationRequested;
                if (isRunning)
                {
                    running.Add(trial!);
                }
                else
                {
                    trial?.Leave();
                }

                return !isRunning;
            });
            _isKeeping = running.Count > 0;
            return running;
        }
    }

    private async Task UpdateAsync(List<Trial> running)
    {
        List<Trial> trials = [];
        List<TrialUpdate> updates = [];
        foreach (Trial trial in running.OrderBy(static trial => trial.Claim.Id))
        {
            if (trial.BeginUpdate() is { } update)
            {
                trials.Add(trial);
                updates.Add(update);
            }
        }

        if (updates.Count == 0)
        {
            return;
        }

        long sent = Stopwatch.GetTimestamp();
        bool[]? held = null;
        try
        {
            held = await store.UpdateAsync(updates, clock, options.LeaseMicroseconds, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.RenewalFailed(updates.Count, exception);
        }

        for (int i = 0; i < trials.Count; i++)
        {
            try
            {
                End(trials[i], updates[i], held?[i], sent);
            }
            catch (Exception exception)
            {
                // The others' updates end as well: whoever tells a trial waits for that.
                logger.RenewalFailed(1, exception);
            }
        }
    }

    /// <summary>Lets pruners see what other processes' trials have reported.</summary>
    private async Task RefreshAsync(List<Trial> running)
    {
        foreach (StudyPruning pruning in running.Select(static trial => trial.Study.Pruning).OfType<StudyPruning>().Distinct())
        {
            try
            {
                await pruning.RefreshAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                logger.ReportsUnread(exception);
            }
        }
    }

    private void End(Trial trial, TrialUpdate update, bool? held, long sent)
    {
        trial.EndUpdate(update, held, sent);
        if (held is false)
        {
            logger.TrialLost(trial.Study.Name, trial.Number);
        }
    }
}
