using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>Commits a result: result, event, successors and the run's state in one transaction, if the attempt still owns the step.</summary>
    public async Task<CommitResult> CommitAsync(StepCompletion completion, CancellationToken cancellationToken) =>
        (await CommitAsync(completion.Step.Run.Id, completion.Durability, () => [completion], cancellationToken).ConfigureAwait(false))[0];

    /// <summary>The same for several results of one run and one worker, in one transaction.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="durability">What they survive.</param>
    /// <param name="take">
    /// Says which, once the run is held: what has come while others held it comes along. Says the same when the transaction is repeated.
    /// </param>
    /// <param name="cancellationToken">Withdraws them while they wait.</param>
    public Task<CommitResult[]> CommitAsync(
        long runId, Durability durability, Func<IReadOnlyList<StepCompletion>> take, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId, take),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.runId);
                return Commit(session, run, state.take());
            },
            durability,
            cancellationToken);

    /// <summary>Records that an attempt failed: a retry at its due time, or the end of the step and of all that needs it.</summary>
    public Task<CommitResult> FailAsync(StepFailure failure, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, failure),
            static (session, state) => state.Store.Fail(session, state.failure),
            failure.Durability,
            cancellationToken);

    /// <summary>Gives a step back unharmed: its worker stops or has lost its lease.</summary>
    public Task<CommitResult> ReleaseAsync(ClaimedStep step, string reason, CancellationToken cancellationToken) =>
        ReleaseAsync(step.Run.Id, step.Key, step.Epoch, reason, cancellationToken);

    /// <summary>The same for a step of which only the claim is known.</summary>
    public Task<CommitResult> ReleaseAsync(long runId, string key, long epoch, string reason, CancellationToken cancellationToken) =>
        ReopenAsync(runId, key, epoch, reason, TimeSpan.Zero, Count.Nothing, cancellationToken);

    /// <summary>Gives back a step from which something it needs was taken away.</summary>
    public Task<CommitResult> PreemptAsync(ClaimedStep step, string reason, TimeSpan delay, CancellationToken cancellationToken) =>
        ReopenAsync(step.Run.Id, step.Key, step.Epoch, reason, delay, Count.Loss, cancellationToken);

    private Task<CommitResult> ReopenAsync(
        long runId, string key, long epoch, string reason, TimeSpan delay, Count count, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId, key, epoch, reason, delay, count),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.runId);
                if (run is not { IsRunning: true }
                    || run.TryReopen(state.key, state.epoch, state.delay, state.count, error: null) is not { } attempt)
                {
                    bool isRepeated = FindLastEntry(session, state.runId, state.key, state.epoch) == RunEventKind.StepReleased;
                    return new CommitResult(isRepeated ? CommitStatus.AlreadyCommitted : CommitStatus.Fenced, null, isRepeated, null);
                }

                run.Append(RunEventKind.StepReleased, state.key, attempt, state.epoch, detail: state.reason);
                run.Close();
                return new CommitResult(CommitStatus.Committed, null, true, null);
            },
            Durability.Process,
            cancellationToken);

    private static CommitResult[] Commit(SqlSession session, RunTransaction? run, IReadOnlyList<StepCompletion> completions)
    {
        var results = new CommitResult?[completions.Count];
        var succession = new Succession(completions);
        int last = -1;
        for (int i = 0; i < results.Length; i++)
        {
            if (run is { IsRunning: true } && run.TryFinish(completions[i].Step, StepState.Succeeded, error: null))
            {
                Keep(run, completions[i]);
                Advance(run, completions[i], succession);
                results[last = i] = new CommitResult(CommitStatus.Committed, null, false, null);
            }
        }

        if (last >= 0)
        {
            succession.Complete(run!, results!);
            run!.Close();
            results[last] = results[last]! with { MoreReady = run.BecameReady, RunEnded = run.IsRunning ? null : run.State };
        }

        for (int i = 0; i < results.Length; i++)
        {
            results[i] ??= Refuse(session, run, completions[i].Step, StepState.Succeeded);
        }

        return results!;
    }

    /// <summary>Writes down what an attempt has made, after its step was ended.</summary>
    private static void Keep(RunTransaction run, StepCompletion completion)
    {
        ClaimedStep step = completion.Step;
        long sequence = run.NextSequence;
        if (completion.Reused is { } reused)
        {
            if (!run.KeepsRun(reused.RunId))
            {
                throw new CachedResultGoneException(step.Key, reused.RunId);
            }

            run.AppendCached(step, reused);
        }
        else
        {
            run.Append(
                RunEventKind.StepSucceeded, step.Key, step.Attempt, step.Epoch, completion.Output.Items?.Count ?? (long?)null, payload: completion.Payload);
            run.AppendChecks(step, completion.Output.Checks);
        }

        if (completion.Cache is { } entry)
        {
            run.Cache(step, completion.Graph.Pipeline, entry, sequence);
        }

        foreach (ContentHash artifact in completion.Artifacts)
        {
            run.Refer(step.Key, artifact);
        }

        run.Record(step.Key, completion.Lineage.Data);
        run.AnnounceEnd(step, StepState.Succeeded, completion.Lineage, fromRun: completion.Reused?.RunId);
    }

    private CommitResult Fail(SqlSession session, StepFailure failure)
    {
        ClaimedStep step = failure.Step;
        RunTransaction? run = Lock(session, step.Run.Id);
        if (failure.RetryDelay is { } delay)
        {
            if (run is not { IsRunning: true } || run.TryReopen(step.Key, step.Epoch, delay, Count.Failure, failure.Error) is null)
            {
                return Refuse(session, run, step, StepState.Ready);
            }

            run.Append(RunEventKind.StepRetryScheduled, step.Key, step.Attempt, step.Epoch, run.Now + UnixMicroseconds.From(delay), failure.Error);
        }
        else
        {
            if (run is not { IsRunning: true } || !run.TryFinish(step, StepState.Failed, failure.Error, hasResult: failure.Quarantined is not null))
            {
                return Refuse(session, run, step, StepState.Failed);
            }

            run.Append(
                RunEventKind.StepFailed, step.Key, step.Attempt, step.Epoch, (long)failure.Kind, failure.Error, failure.Quarantined?.Payload ?? default);
            run.AppendChecks(step, failure.Quarantined?.Checks ?? []);
            foreach (ContentHash artifact in failure.Artifacts)
            {
                run.Refer(step.Key, artifact);
            }

            run.AnnounceEnd(step, StepState.Failed, failure.Lineage, failure.Kind, failure.Error);
            run.Fail(step.Key, failure.Error);
            foreach (PipelineNode blocked in failure.Graph.BlockedBy(failure.Node))
            {
                run.Discard(blocked.Key, StepState.Blocked, RunEventKind.StepBlocked);
            }
        }

        return CloseAndContinue(run, step.Run, failure.ContinueAs);
    }

    /// <summary>Brings the graph forward.</summary>
    private static void Advance(RunTransaction run, StepCompletion completion, Succession succession)
    {
        switch (completion.Node)
        {
            case ConditionNode condition:
                bool holds = completion.Output.Decision == true;
                succession.Tell((holds ? condition.Then : condition.Else)?.Nodes ?? [], -1, completion);
                foreach (PipelineNode node in PipelineGraph.Subtree(holds ? condition.Else : condition.Then))
                {
                    run.Discard(node.Key, StepState.Skipped, RunEventKind.StepSkipped);
                }

                break;

            case ExpandNode expand:
                IReadOnlyList<ExpandedItem> items = completion.Output.Items!;
                for (int i = 0; i < items.Count; i++)
                {
                    run.Insert(ExpandNode.ItemKey(expand.Key, items[i].Key), expand.Template, expand.Template.RowOrdinal(i), pending: 0, items[i].Payload);
                }

                succession.Tell(expand.Dependents, items.Count - 1, completion);
                break;

            case { Kind: NodeKind.Item } item:
                ExpandNode group = completion.Graph.ExpansionOf(item);
                if (completion.Output.Decision == false && ((RepeatNode)group).After(completion.Step.Item) is { } round)
                {
                    ExpandedItem next = RepeatNode.Item(round);
                    run.Insert(ExpandNode.ItemKey(group.Key, next.Key), item, item.RowOrdinal(round - 1), pending: 0, next.Payload);
                }
                else
                {
                    succession.Tell(group.Dependents, -1, completion);
                }

                break;

            default:
                succession.Tell(completion.Node.Dependents, -1, completion);
                break;
        }
    }

    private static CommitResult CloseAndContinue(RunTransaction run, RunInfo info, string? worker)
    {
        ClaimedStep? next = worker is not null && run.MayHaveReady && !run.MustYield ? run.Claim(info, worker, 1).FirstOrDefault() : null;

        run.Close();
        return new CommitResult(CommitStatus.Committed, next, run.BecameReady, run.IsRunning ? null : run.State);
    }

    /// <summary>Tells a lost answer from a lost step, and writes into the log that a late attempt was turned away.</summary>
    private static CommitResult Refuse(SqlSession session, RunTransaction? run, ClaimedStep step, StepState intended)
    {
        (long State, long Epoch, long Failures)? row = session.QueryFirst(
            "SELECT state, epoch, failures FROM orchestration_step WHERE run_id = @run AND step_key = @key",
            static row => ((long, long, long)?)(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)),
            ("@run", step.Run.Id), ("@key", step.Key));

        // A step that was given back is ready as well, with the same epoch; but its failure was not counted.
        if (row is { } found && found.Epoch == step.Epoch && found.State == (long)intended
            && (intended != StepState.Ready || found.Failures > step.Failures))
        {
            return new CommitResult(CommitStatus.AlreadyCommitted, null, true, run is { IsRunning: false } && HasEnded(session, step) ? run.State : null);
        }

        if (run is { IsRunning: true })
        {
            run.Append(RunEventKind.StepFenced, step.Key, step.Attempt, step.Epoch);
            run.Close();
        }

        return new CommitResult(CommitStatus.Fenced, null, false, null);
    }

    /// <summary>The last that the log says of an attempt. Asked only where a write was refused: the log has no index by step, and what is looked for stands mostly at its end.</summary>
    private static RunEventKind? FindLastEntry(SqlSession session, long runId, string key, long epoch) => session.QueryFirst(
        "SELECT kind FROM orchestration_event WHERE run_id = @run AND step_key = @key AND epoch = @epoch ORDER BY seq DESC LIMIT 1",
        static row => (RunEventKind?)row.GetInt64(0),
        ("@run", runId), ("@key", key), ("@epoch", epoch));

    /// <summary>Whether it was this attempt whose end was the end of its run: the last one of which the log tells.</summary>
    private static bool HasEnded(SqlSession session, ClaimedStep step) => session.QueryFirst(
        "SELECT step_key, epoch FROM orchestration_event WHERE run_id = @run AND epoch IS NOT NULL ORDER BY seq DESC LIMIT 1",
        row => row.GetString(0) == step.Key && row.GetInt64(1) == step.Epoch,
        ("@run", step.Run.Id));
}
