using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;

namespace Mlops.Tuning;

public sealed partial class Study
{
    private async Task EvaluateAsync(OptimizeRun run, Trial trial)
    {
        using var timeout = new TrialTimeout(run.Options.TrialTimeout, _studies.Time, () => EndOverdueAsync(run, trial));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Stop.Token, trial.Lost, timeout.Token);
        using Activity? activity = TuningTelemetry.Activities.StartActivity("trial");
        activity?.SetTag("mlops.study", Name).SetTag("mlops.trial", trial.Number);
        trial.Stop = stop.Token;
        try
        {
            if (await EvaluateAsync(run, trial, timeout, stop.Token).ConfigureAwait(false) is { } record)
            {
                run.Convergence.Observe(record);
                run.Tally.Add(record);
            }

            if (trial.State != TrialState.Running)
            {
                activity?.SetTag("mlops.trial.state", trial.State.ToString());
            }
        }
        catch (TrialLostException)
        {
            _studies.Telemetry.Lost();
            _studies.Logger.TrialLost(Name, trial.Number);
        }
        catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
        {
            await trial.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException) when (trial.Lost.IsCancellationRequested)
        {
            trial.MarkLost();
            _studies.Telemetry.Lost();
        }
        catch
        {
            // The database failed: the trial's lease runs out, and somebody takes it over.
            await trial.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task EndOverdueAsync(OptimizeRun run, Trial trial)
    {
        string reason = string.Create(CultureInfo.InvariantCulture, $"The objective took longer than {run.Options.TrialTimeout}, the time that a trial has.");
        _studies.Logger.TrialFailed(Name, trial.Number, reason, exception: null);
        TrialRecord record = await FinishAsync(trial, TrialState.Failed, [], reason, CancellationToken.None).ConfigureAwait(false);
        run.Tally.Add(record);
    }

    /// <summary>The finished trial, or null when it was given back for another attempt or its time was over.</summary>
    private async Task<TrialRecord?> EvaluateAsync(OptimizeRun run, Trial trial, TrialTimeout timeout, CancellationToken stop)
    {
        Exception? failure = null;
        double[]? values = null;
        TrialState? stopped = null;
        try
        {
            values = await run.Objective(trial, stop).ConfigureAwait(false);
        }
        catch (TrialPrunedException)
        {
            stopped = TrialState.Pruned;
        }
        catch (TrialPausedException) when (Row.Lag is null)
        {
            stopped = TrialState.Paused;
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        if (!await timeout.ReturnAsync().ConfigureAwait(false))
        {
            return null;
        }

        // Only now, as a trial whose time is over has failed and is not given back.
        if (failure is OperationCanceledException && stop.IsCancellationRequested)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        // What has been computed is kept, cancelled or not: from here on nothing waits for the token.
        if (stopped is { } state)
        {
            return await FinishAsync(trial, state, [], reason: null, CancellationToken.None).ConfigureAwait(false);
        }

        if (failure is not null && trial.Attempt < Math.Min(run.Options.AttemptsPerTrial, _studies.Options.MaximumAttempts))
        {
            _studies.Logger.TrialRetried(Name, trial.Number, trial.Attempt, failure);
            await GiveBackAsync(trial).ConfigureAwait(false);
            return null;
        }

        string? reason = failure is not null ? $"{failure.GetType().Name}: {failure.Message}" : Unusable(values);
        if (reason is null)
        {
            try
            {
                return await FinishAsync(trial, TrialState.Completed, values!, reason: null, CancellationToken.None).ConfigureAwait(false);
            }
            catch (DomainConflictException exception)
            {
                failure = exception;
                reason = $"{nameof(DomainConflictException)}: {exception.Message}";
            }
        }

        _studies.Logger.TrialFailed(Name, trial.Number, reason, failure);
        return await FinishAsync(trial, TrialState.Failed, [], Storable(reason), CancellationToken.None).ConfigureAwait(false);
    }
}
