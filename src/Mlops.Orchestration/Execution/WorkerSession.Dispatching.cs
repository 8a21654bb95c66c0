using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class WorkerSession
{
    private const int MaximumDispatched = 1_000;

    private static readonly TimeSpan DispatchPause = TimeSpan.FromSeconds(1);

    /// <summary>For so long a listing is current. Later something more urgent may have become ready.</summary>
    private static readonly TimeSpan ListingAge = TimeSpan.FromMilliseconds(50);

    /// <summary>Slots for what others hand over.</summary>
    [SuppressMessage("Usage", "CA2213", Justification = "A semaphore without a wait handle holds nothing, and steps may still end after the session has.")]
    private readonly SemaphoreSlim _free;

    /// <summary>When each step that has still not begun was handed over, by the monotonic clock.</summary>
    private Dictionary<ReadyStep, long> _dispatched = [];

    /// <summary>Executes a step that a dispatcher has sent; false when it cannot begin here and now.</summary>
    public async Task<bool> ExecuteAsync(ReadyStep step, CancellationToken cancellationToken)
    {
        if (Ended)
        {
            return false;
        }

        using (var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token))
        {
            await _free.WaitAsync(waiting.Token).ConfigureAwait(false);
        }

        try
        {
            // Not withdrawn: a claim that the writer has taken must be run or given back.
            _pipelines.Reach(ExecutionPoint.BeforeClaim);
            Task<bool> slot;
            using (_calls.Begin())
            {
                ClaimedStep? claimed = await _pipelines.Store.ClaimAsync(_name, step, CancellationToken.None).ConfigureAwait(false);
                if (claimed is null)
                {
                    return false;
                }

                _pipelines.Reach(ExecutionPoint.AfterClaim);
                _pipelines.Changes.Pulse();
                slot = BeginSlot(claimed);
            }

            ForgetEndedSlots();
            return await slot.ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }

    private async Task DispatchLoopAsync(IStepDispatcher dispatcher)
    {
        while (!Ended)
        {
            try
            {
                await DispatchAsync(dispatcher).ConfigureAwait(false);
                await _wake.WaitAsync(_options.PollInterval, _ended.Token).ConfigureAwait(false);
            }
            catch (Exception) when (Ended)
            {
                return;
            }
            catch (StorageException exception)
            {
                WorkerLog.StorageFailed(_logger, exception);
                await Task.Delay(_options.LongestCommitPause, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Hands over what has become ready, and once more what should have begun long ago.</summary>
    private async Task DispatchAsync(IStepDispatcher dispatcher)
    {
        long listed = Stopwatch.GetTimestamp();
        List<ReadyStep> ready = await _pipelines.Store.ListReadyAsync(MaximumDispatched, _ended.Token).ConfigureAwait(false);
        Dictionary<ReadyStep, long> dispatched = [];
        foreach (ReadyStep step in ready)
        {
            if (_dispatched.TryGetValue(step, out long since) && Stopwatch.GetElapsedTime(since) < _options.LeaseDuration)
            {
                dispatched.Add(step, since);
            }
        }

        // What is no longer ready has begun, or is not to begin: nothing has to be remembered of it.
        _dispatched = dispatched;
        foreach (ReadyStep step in ready.Where(step => !dispatched.ContainsKey(step)).ToArray())
        {
            try
            {
                // A dispatcher that is deaf to the token must keep neither this worker from ending nor its steps from being given back.
                await dispatcher.DispatchAsync(step, _ended.Token).AsTask().WaitAsync(_ended.Token).ConfigureAwait(false);
                dispatched.Add(step, Stopwatch.GetTimestamp());
                if (Stopwatch.GetElapsedTime(listed) > ListingAge)
                {
                    _wake.Set();
                    return;
                }
            }
            catch (Exception exception) when (!Ended)
            {
                WorkerLog.DispatchFailed(_logger, step.Step, step.RunId, exception);
                await Task.Delay(DispatchPause, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _wake.Set();
                return;
            }
        }
    }
}
