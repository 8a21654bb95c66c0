using System.Diagnostics;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class WorkerSession
{
    /// <summary>The last call that may have taken each step that nobody was seen to run.</summary>
    private Dictionary<(long Run, string Key, long Epoch), long> _orphans = [];

    /// <summary>When each run without a worker that knows its graph was first seen so, by the monotonic clock.</summary>
    private Dictionary<long, long> _unserved = [];

    private TimeSpan SweepInterval => _options.LeaseDuration / 3;

    /// <summary>Again and again, each kind of work in a loop of its own: a sweep that waits for a row that somebody holds must not keep this worker from its own steps.</summary>
    private async Task RepeatAsync(Func<Task> work, TimeSpan interval)
    {
        while (!Ended)
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (Ended)
            {
                return;
            }
            catch (StorageException exception)
            {
                WorkerLog.StorageFailed(_logger, exception);
            }

            await Task.Delay(interval, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Looks after this worker's own steps, some of which may have been taken away.</summary>
    private async Task WatchOverOwnAsync()
    {
        await CheckOwnershipAsync().ConfigureAwait(false);
        await StoreProgressAsync().ConfigureAwait(false);
    }

    /// <summary>Takes over from others whose lease has run out.</summary>
    private async Task SweepAsync()
    {
        foreach (string worker in await _pipelines.Store.ListOtherWorkersAsync(_name, _ended.Token).ConfigureAwait(false))
        {
            // Taking its lease over makes the other know, should it wake up, and keeps two sweepers from the same work.
            Lease? taken = await _pipelines.Leases.TryAcquireAsync(worker, _name, _options.LeaseDuration, _ended.Token).ConfigureAwait(false);
            if (taken is null)
            {
                continue;
            }

            try
            {
                await ReclaimAsync(worker).ConfigureAwait(false);
            }
            finally
            {
                // Also where that broke off: nobody could go on with it before this lease has run out.
                await _pipelines.Leases.ReleaseAsync(taken, CancellationToken.None).ConfigureAwait(false);
            }
        }

        if (_options.ChangedPipelines == ChangedPipelinePolicy.Fail)
        {
            await FailChangedAsync().ConfigureAwait(false);
        }
    }

    private async Task ReclaimAsync(string worker)
    {
        bool ownsNothing = true;
        foreach (long run in await _pipelines.Store.ListRunsOfWorkerAsync(worker, _ended.Token).ConfigureAwait(false))
        {
            ownsNothing &= await TryReclaimAsync(run, worker).ConfigureAwait(false);
        }

        if (ownsNothing)
        {
            await _pipelines.Store.ForgetWorkerAsync(worker, _ended.Token).ConfigureAwait(false);
        }

        _pipelines.SignalWork();
        _pipelines.Changes.Pulse();
    }

    /// <summary>False where the database refuses: a run whose row somebody holds must not keep other runs, and other workers' steps, from being taken over.</summary>
    private async Task<bool> TryReclaimAsync(long run, string worker)
    {
        try
        {
            int steps = await _pipelines.Store.ReclaimAsync(run, worker, _ended.Token).ConfigureAwait(false);
            if (steps > 0)
            {
                _telemetry.Reclaimed(steps);
                WorkerLog.Reclaimed(_logger, steps, run, worker);
            }

            return true;
        }
        catch (StorageException exception)
        {
            WorkerLog.TakeOverFailed(_logger, run, worker, exception);
            return false;
        }
    }

    /// <summary>
    /// A run fails only when no worker knew its graph for a whole lease: one that has just started its process, or that lost its lease and
    /// comes back under a new name, is given that time.
    /// </summary>
    private async Task FailChangedAsync()
    {
        var unserved = new Dictionary<long, long>();
        foreach (PipelineGraph graph in _pipelines.Graphs)
        {
            foreach (long run in await _pipelines.Store.ListUnservedRunsAsync(graph.Pipeline, _versions.IdOf(graph), _ended.Token).ConfigureAwait(false))
            {
                long since = _unserved.GetValueOrDefault(run, Stopwatch.GetTimestamp());
                if (Stopwatch.GetElapsedTime(since) < _options.LeaseDuration)
                {
                    unserved.Add(run, since);
                }
                else
                {
                    await FailChangedAsync(run, graph).ConfigureAwait(false);
                }
            }
        }

        _unserved = unserved;
    }

    private async Task FailChangedAsync(long run, PipelineGraph graph)
    {
        string error = $"The run was started with another graph of '{graph.Pipeline}' than {graph.Hash[..12]}, which this process has, and no worker with that graph is left. Start a new run.";
        if (await _pipelines.Store.FailUnservedAsync(run, error, _ended.Token).ConfigureAwait(false) is { } end)
        {
            _telemetry.RunEnded(end.Pipeline, end.State);
            OrchestrationTelemetry.RecordRun(end);
            WorkerLog.PipelineChanged(_logger, run, graph.Pipeline);
            _pipelines.Changes.Pulse();
            _pipelines.Ends.Pulse();
        }
    }

    private async Task StoreProgressAsync()
    {
        foreach (StepAttempt attempt in _running.Keys)
        {
            await StoreLogAsync(attempt).ConfigureAwait(false);
            await attempt.RenewUploadsAsync(_ended.Token).ConfigureAwait(false);
            if (attempt.TakeProgress() is { } progress)
            {
                await _pipelines.Store.ReportAsync(attempt.Step, progress, _ended.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Finds attempts that another process has ended, because their run was cancelled there or their step taken over; and steps that the
    /// database gives to this worker but nobody runs, because the answer to a claim was lost.
    /// </summary>
    private async Task CheckOwnershipAsync()
    {
        // Taken before the query, so that every attempt in it was claimed before the query too.
        StepAttempt[] attempts = [.. _running.Keys];
        HashSet<(long Run, string Key, long Epoch)> owned = [.. await _pipelines.Store.ListOwnedAsync(_name, _ended.Token).ConfigureAwait(false)];
        foreach (StepAttempt attempt in attempts)
        {
            if (!owned.Contains((attempt.Step.Run.Id, attempt.Step.Key, attempt.Step.Epoch)))
            {
                attempt.Abort(AbortReason.RunCancelled);
            }

            if (attempt.AbortReason == AbortReason.RunCancelled && attempt.IsFirstSeenDeaf(_options.AbortPeriod))
            {
                WorkerLog.StepDeaf(_logger, attempt.Step.Attempt, attempt.Step.Key, attempt.Step.Run.Id, attempt.AbortReason);
            }
        }

        await ReleaseOrphansAsync(owned).ConfigureAwait(false);
    }

    private async Task ReleaseOrphansAsync(HashSet<(long Run, string Key, long Epoch)> owned)
    {
        // In this order: a call ends when what it took is claimed, and what is claimed comes to run.
        long last = _calls.Last;
        long oldest = _calls.Oldest;
        owned.ExceptWith(_claimed.Keys);
        owned.ExceptWith(_running.Keys.Select(static attempt => KeyOf(attempt.Step)));

        var orphans = new Dictionary<(long Run, string Key, long Epoch), long>();
        foreach ((long Run, string Key, long Epoch) step in owned)
        {
            // Seen once, it may have ended since.
            bool seen = _orphans.TryGetValue(step, out long call);
            if (!seen || call >= oldest || !await TryGiveBackAsync(step).ConfigureAwait(false))
            {
                orphans.Add(step, seen ? call : last);
            }
        }

        _orphans = orphans;
    }

    /// <summary>False where the database refuses: a run whose row somebody holds must not keep steps of other runs from being given back.</summary>
    private async Task<bool> TryGiveBackAsync((long Run, string Key, long Epoch) step)
    {
        try
        {
            await _pipelines.Store.ReleaseAsync(step.Run, step.Key, step.Epoch, "Nobody ran it.", _ended.Token).ConfigureAwait(false);
            _wake.Set();
            return true;
        }
        catch (StorageException exception)
        {
            WorkerLog.GiveBackFailed(_logger, step.Key, step.Run, exception);
            return false;
        }
    }

    /// <summary>Lets steps end, then asks them to, then gives back what is left and the lease with it.</summary>
    private async Task DrainAsync()
    {
        bool lost = _lease.Lost.IsCancellationRequested;
        if (lost)
        {
            WorkerLog.LeaseLost(_logger, _name);
        }
        else
        {
            await WaitForSlotsAsync(_options.DrainPeriod).ConfigureAwait(false);
        }

        foreach (StepAttempt attempt in _running.Keys)
        {
            attempt.Abort(lost ? AbortReason.LeaseLost : AbortReason.WorkerStopping);
        }

        await WaitForSlotsAsync(_options.AbortPeriod).ConfigureAwait(false);
        StepAttempt[] deaf = [.. _running.Keys];
        if (deaf.Length > 0)
        {
            WorkerLog.StepsAbandoned(_logger, deaf.Length);
        }

        try
        {
            foreach (StepAttempt attempt in deaf)
            {
                await _pipelines.Store.ReleaseAsync(attempt.Step, "The worker stopped before the step did.", CancellationToken.None).ConfigureAwait(false);
            }

            await _pipelines.Store.ForgetWorkerAsync(_name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            // Others take the steps back once the lease has run out.
            WorkerLog.StorageFailed(_logger, exception);
        }

        WorkerLog.WorkerStopped(_logger, _name);
    }

    private async Task WaitForSlotsAsync(TimeSpan limit)
    {
        Task[] slots;
        lock (_slotGate)
        {
            slots = [.. _slots];
        }

        await Task.WhenAny(Task.WhenAll(slots), Task.Delay(limit)).ConfigureAwait(false);
    }
}
