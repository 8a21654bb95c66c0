using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class WorkerSession
{
    private Task<bool> BeginSlot(ClaimedStep step)
    {
        _claimed.TryAdd(KeyOf(step), true);
        Interlocked.Increment(ref _busy);
        Task<bool> slot = Task.Run(() => RunSlotAsync(step));
        lock (_slotGate)
        {
            _slots.Add(slot);
        }

        return slot;
    }

    private void ForgetEndedSlots()
    {
        lock (_slotGate)
        {
            _slots.RemoveAll(static slot => slot.IsCompleted);
        }
    }

    private int CountFreeSlots()
    {
        ForgetEndedSlots();
        return Math.Max(0, _options.MaximumConcurrentSteps - Volatile.Read(ref _busy));
    }

    /// <summary>Runs a step, and then whatever the commit of each has claimed for this slot.</summary>
    /// <returns>Whether an attempt of the first has run.</returns>
    private async Task<bool> RunSlotAsync(ClaimedStep first)
    {
        ClaimedStep step = first;
        bool hasRun = false;
        try
        {
            (ClaimedStep? Step, (string, byte[])? Carried) next = (first, null);
            while (next.Step is not null)
            {
                step = next.Step;
                if (Ended)
                {
                    await _pipelines.Store.ReleaseAsync(step, "The worker stops.", CancellationToken.None).ConfigureAwait(false);
                    return hasRun;
                }

                next = await RunStepAsync(step, next.Carried).ConfigureAwait(false);
                hasRun = true;
            }

            return true;
        }
        catch (Exception exception)
        {
            // Nothing was committed. Until that is counted it is still this slot's.
            _claimed.TryAdd(KeyOf(step), true);
            WorkerLog.SlotBroke(_logger, step.Key, step.Run.Id, exception);
            await GiveBackAsync(step, exception).ConfigureAwait(false);
            return hasRun;
        }
        finally
        {
            // Also where it broke before the attempt began: only then is the step given back.
            _claimed.TryRemove(KeyOf(step), out _);
            Interlocked.Decrement(ref _busy);
            _wake.Set();
        }
    }

    /// <summary>Counted and after a while: what breaks every attempt must not do so for ever.</summary>
    private async Task GiveBackAsync(ClaimedStep step, Exception exception)
    {
        try
        {
            TimeSpan delay = StepExecutor.OutageDelay.DelayAfter((int)step.Lost + 1, spread: 0);
            await _pipelines.Store.PreemptAsync(step, $"Running it broke off: {exception.GetType()}", delay, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is StorageException or ObjectDisposedException)
        {
            // Said just before. The watch over this worker's own steps gives it back, or whoever takes over from this worker.
        }
    }

    private async Task<(ClaimedStep? Next, (string, byte[])? Carried)> RunStepAsync(ClaimedStep step, (string, byte[])? carried)
    {
        ClaimedStep? next = null;
        try
        {
            StepAttempt attempt = _executor.Begin(step, _versions.GraphOf(step.Run.VersionId));
            await using (attempt.ConfigureAwait(false))
            {
                (next, byte[]? payload) = await RunAttemptAsync(attempt, carried).ConfigureAwait(false);
                return (next, payload is null ? null : (step.Key, payload));
            }
        }
        catch when (next is not null)
        {
            // Nobody runs it: the watch over this worker's own steps gives it back.
            _claimed.TryRemove(KeyOf(next), out _);
            throw;
        }
    }

    private async Task<(ClaimedStep? Next, byte[]? Payload)> RunAttemptAsync(StepAttempt attempt, (string, byte[])? carried)
    {
        _running.TryAdd(attempt, true);
        _claimed.TryRemove(KeyOf(attempt.Step), out _);
        try
        {
            _pipelines.Reach(ExecutionPoint.BeforeExecution);
            StepOutcome outcome = await _executor.RunAsync(attempt, carried).ConfigureAwait(false);
            _pipelines.Reach(ExecutionPoint.AfterExecution);
            await StoreLogAsync(attempt).ConfigureAwait(false);
            CommitResult? result = await SettleAsync(attempt, outcome).ConfigureAwait(false);
            if (attempt.Abandoned is { } deaf)
            {
                WorkerLog.StepDeaf(_logger, attempt.Step.Attempt, attempt.Step.Key, attempt.Step.Run.Id, attempt.AbortReason);
                await deaf.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return (result?.Next, (outcome as StepOutcome.Succeeded)?.Output.Payload);
        }
        finally
        {
            _running.TryRemove(attempt, out _);
        }
    }

    private static (long Run, string Key, long Epoch) KeyOf(ClaimedStep step) => (step.Run.Id, step.Key, step.Epoch);
}
