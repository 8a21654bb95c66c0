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

    /// <summary>What waits to be taken by a transaction, for each run with a commit under way.</summary>
    private readonly Dictionary<long, Queue<Waiting>> _runs = [];

    /// <summary>Commits a result, alone or with others of its run; it stands or falls alone.</summary>
    public Task<CommitResult> CommitAsync(StepCompletion completion)
    {
        long run = completion.Step.Run.Id;
        var waiting = new Waiting(completion);
        bool isFirst;
        lock (_gate)
        {
            isFirst = !_runs.TryGetValue(run, out Queue<Waiting>? queue);
            if (isFirst)
            {
                _runs.Add(run, queue = new Queue<Waiting>());
            }

            queue!.Enqueue(waiting);
        }

        if (isFirst)
        {
            // Not awaited: whoever waits has a task of its own.
            _ = CommitWaitingAsync(run);
        }

        return waiting.Task;
    }

    private async Task CommitWaitingAsync(long run)
    {
        while (FindFirst(run) is { } first)
        {
            Durability durability = first.Completion.Durability;
            List<Waiting>? batch = null;
            List<Waiting> Take() => batch ??= TakeWaiting(run, durability);
            try
            {
                // Taken by the transaction that commits them: what comes until it has the run's row is part of it.
                CommitResult[] results = await store.CommitAsync(
                    run, durability, () => Take().ConvertAll(static waiting => waiting.Completion), CancellationToken.None).ConfigureAwait(false);
                for (int i = 0; i < results.Length; i++)
                {
                    batch![i].SetResult(results[i]);
                }
            }
            catch (StorageException exception) when (exception.IsTransient)
            {
                // Each is written again by who waits for it.
                Take().ForEach(waiting => waiting.SetException(exception));
            }
            catch (Exception)
            {
                await CommitEachAsync(Take()).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One of them cannot be committed; the others can, unless the database has gone away meanwhile: then none has to wait for that anew.</summary>
    private async Task CommitEachAsync(List<Waiting> batch)
    {
        StorageException? gone = null;
        foreach (Waiting waiting in batch)
        {
            if (gone is not null)
            {
                waiting.SetException(gone);
                continue;
            }

            try
            {
                waiting.SetResult(await store.CommitAsync(waiting.Completion, CancellationToken.None).ConfigureAwait(false));
            }
            catch (Exception exception)
            {
                gone = exception as StorageException is { IsTransient: true } transient ? transient : null;
                waiting.SetException(exception);
            }
        }
    }

    /// <summary>The first one that waits; where nothing does, the run has no commit under way from now on.</summary>
    private Waiting? FindFirst(long run)
    {
        lock (_gate)
        {
            if (_runs[run].TryPeek(out Waiting? first))
            {
                return first;
            }

            _runs.Remove(run);
            return null;
        }
    }

    /// <summary>What waits and is content with what the transaction survives.</summary>
    private List<Waiting> TakeWaiting(long run, Durability durability)
    {
        lock (_gate)
        {
            Queue<Waiting> queue = _runs[run];
            List<Waiting> batch = [];
            while (batch.Count < MaximumResults && queue.TryPeek(out Waiting? waiting) && waiting.Completion.Durability <= durability)
            {
                batch.Add(queue.Dequeue());
            }

            return batch;
        }
    }

    private sealed class Waiting(StepCompletion completion) : TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public StepCompletion Completion => completion;
    }
}
