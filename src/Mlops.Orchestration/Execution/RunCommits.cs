using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// Commits results. Those of a run that come while another commit of the run is under way share the next transaction: each would only wait for
/// the lock of the run, and then lock, read and write the run's row again. Thread-safe.
/// </summary>
internal sealed class RunCommits(PipelineStore store)
{
    /// <summary>A transaction of so many takes a few milliseconds, during which a SQLite file has no other writer.</summary>
    private const int MaximumResults = 256;

    private readonly Lock _gate = new();

    /// <summary>What waits, for each run with a commit under way.</summary>
    private readonly Dictionary<long, Queue<Waiting>> _runs = [];

    /// <summary>Commits a result, alone or with others of its run; it stands or falls alone.</summary>
    public async Task<CommitResult> CommitAsync(StepCompletion completion)
    {
        long run = completion.Step.Run.Id;
        Waiting? waiting = null;
        lock (_gate)
        {
            if (_runs.TryGetValue(run, out Queue<Waiting>? queue))
            {
                queue.Enqueue(waiting = new Waiting(completion));
            }
            else
            {
                _runs.Add(run, new Queue<Waiting>());
            }
        }

        if (waiting is not null)
        {
            return await waiting.Task.ConfigureAwait(false);
        }

        try
        {
            return await store.CommitAsync(completion, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            // Not awaited: whoever waits has a task of its own.
            _ = CommitWaitingAsync(run);
        }
    }

    private async Task CommitWaitingAsync(long run)
    {
        while (TakeWaiting(run) is { Count: > 0 } batch)
        {
            try
            {
                CommitResult[] results = await store.CommitAsync(batch.ConvertAll(static waiting => waiting.Completion), CancellationToken.None).ConfigureAwait(false);
                for (int i = 0; i < results.Length; i++)
                {
                    batch[i].SetResult(results[i]);
                }
            }
            catch (StorageException exception) when (exception.IsTransient)
            {
                // Each is written again by who waits for it.
                batch.ForEach(waiting => waiting.SetException(exception));
            }
            catch (Exception)
            {
                await CommitEachAsync(batch).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One of them cannot be committed; the others can.</summary>
    private async Task CommitEachAsync(List<Waiting> batch)
    {
        foreach (Waiting waiting in batch)
        {
            try
            {
                waiting.SetResult(await store.CommitAsync(waiting.Completion, CancellationToken.None).ConfigureAwait(false));
            }
            catch (Exception exception)
            {
                waiting.SetException(exception);
            }
        }
    }

    /// <summary>What waits; where nothing does, the run has no commit under way from now on.</summary>
    private List<Waiting> TakeWaiting(long run)
    {
        lock (_gate)
        {
            Queue<Waiting> queue = _runs[run];
            List<Waiting> batch = [];
            while (batch.Count < MaximumResults && queue.TryDequeue(out Waiting? waiting))
            {
                batch.Add(waiting);
            }

            if (batch.Count == 0)
            {
                _runs.Remove(run);
            }

            return batch;
        }
    }

    private sealed class Waiting(StepCompletion completion) : TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public StepCompletion Completion => completion;
    }
}
