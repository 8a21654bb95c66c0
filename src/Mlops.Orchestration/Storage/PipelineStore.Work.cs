using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    private const long MaximumUrgency = RunPriority.High - RunPriority.Low;

    /// <summary>Claims ready steps of one run, the one that has waited longest.</summary>
    public Task<List<ClaimedStep>> ClaimAsync(string worker, int count, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, worker, count),
            static (session, state) => state.Store.Claim(session, state.worker, state.count),
            Durability.Process,
            cancellationToken);

    /// <summary>Commits a result: result, event, successors and the run's state in one transaction, if the attempt still owns the step.</summary>
    public Task<CommitResult> CommitAsync(StepCompletion completion, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, completion),
            static (session, state) => state.Store.Commit(session, state.completion),
            completion.Durability,
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
                    || run.TryReopen(state.key, state.epoch, run.Now + UnixMicroseconds.From(state.delay), state.count, error: null) is not { } attempt)
                {
                    return new CommitResult(CommitStatus.Fenced, null, false, null);
                }

                run.Append(RunEventKind.StepReleased, state.key, attempt, state.epoch, detail: state.reason);
                run.Close();
                return new CommitResult(CommitStatus.Committed, null, true, null);
            },
            Durability.Process,
            cancellationToken);

    private static RunInfo ReadRunInfo(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetFieldValue<byte[]>(3), row.IsDBNull(4) ? null : row.GetString(4), row.GetInt64(5),
        row.IsDBNull(6) ? null : row.GetString(6));

    private List<ClaimedStep> Claim(SqlSession session, string worker, int count)
    {
        long now = _clock.Read(session);
        if (_sql.UsesPools && ClaimFromPool(session, worker, count, now) is { Count: > 0 } pooled)
        {
            return pooled;
        }

        RunInfo? picked = null;
        for (long urgency = 0; picked is null && urgency <= MaximumUrgency; urgency++)
        {
            picked = session.QueryFirst(_sql.PickRun, ReadRunInfo, ("@now", now), ("@urgency", urgency));
        }

        if (picked is null || RunTransaction.Lock(session, _sql, picked.Id, now) is not { IsRunning: true, IsPaused: false } run)
        {
            return [];
        }

        List<ClaimedStep> steps = run.Claim(picked, worker, count);
        run.Close();
        return steps;
    }

    private CommitResult Commit(SqlSession session, StepCompletion completion)
    {
        ClaimedStep step = completion.Step;
        RunTransaction? run = Lock(session, step.Run.Id);
        if (run is not { IsRunning: true } || !run.TryFinish(step, StepState.Succeeded, error: null))
        {
            return Refuse(session, run, step, StepState.Succeeded);
        }

        long sequence = run.NextSequence;
        if (completion.Reused is { } reused)
        {
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

        if (run.IsPaused || run.MustYield)
        {
            completion = completion with { ContinueAs = null };
        }

        ClaimedStep? next = Advance(run, completion);
        return CloseAndContinue(run, completion.Step.Run, completion.ContinueAs, next);
    }

    private CommitResult Fail(SqlSession session, StepFailure failure)
    {
        ClaimedStep step = failure.Step;
        RunTransaction? run = Lock(session, step.Run.Id);
        if (failure.RetryDelay is { } delay)
        {
            long due = run is null ? 0 : run.Now + UnixMicroseconds.From(delay);
            if (run is not { IsRunning: true } || run.TryReopen(step.Key, step.Epoch, due, Count.Failure, failure.Error) is null)
            {
                return Refuse(session, run, step, StepState.Ready);
            }

            run.Append(RunEventKind.StepRetryScheduled, step.Key, step.Attempt, step.Epoch, due, failure.Error);
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

            run.Fail(step.Key, failure.Error);
            foreach (PipelineNode blocked in failure.Graph.BlockedBy(failure.Node))
            {
                run.Discard(blocked.Key, StepState.Blocked, RunEventKind.StepBlocked);
            }
        }

        return CloseAndContinue(run, step.Run, failure.ContinueAs, next: null);
    }

    /// <summary>Brings the graph forward; returns a successor that the same slot takes on.</summary>
    private static ClaimedStep? Advance(RunTransaction run, StepCompletion completion)
    {
        switch (completion.Node)
        {
            case ConditionNode condition:
                bool holds = completion.Output.Decision == true;
                ClaimedStep? taken = Activate(run, (holds ? condition.Then : condition.Else)?.Nodes ?? [], -1, completion);
                foreach (PipelineNode node in PipelineGraph.Subtree(holds ? condition.Else : condition.Then))
                {
                    run.Discard(node.Key, StepState.Skipped, RunEventKind.StepSkipped);
                }

                return taken;

            case ExpandNode expand:
                IReadOnlyList<ExpandedItem> items = completion.Output.Items!;
                for (int i = 0; i < items.Count; i++)
                {
                    run.Insert(ExpandNode.ItemKey(expand.Key, items[i].Key), expand.Template, expand.Template.RowOrdinal(i), pending: 0, items[i].Payload);
                }

                return Activate(run, expand.Dependents, items.Count - 1, completion);

            case { Kind: NodeKind.Item } item:
                ExpandNode group = completion.Graph.ExpansionOf(item);
                if (completion.Output.Decision == false && ((RepeatNode)group).After(completion.Step.Item) is { } round)
                {
                    ExpandedItem next = RepeatNode.Item(round);
                    run.Insert(ExpandNode.ItemKey(group.Key, next.Key), item, item.RowOrdinal(round - 1), pending: 0, next.Payload);
                    return null;
                }

                return Activate(run, group.Dependents, -1, completion);

            default:
                return Activate(run, completion.Node.Dependents, -1, completion);
        }
    }

    private static ClaimedStep? Activate(RunTransaction run, List<PipelineNode> dependents, long delta, StepCompletion completion)
    {
        ClaimedStep? next = null;
        foreach (PipelineNode dependent in dependents)
        {
            if (next is null && completion.ContinueAs is { } worker)
            {
                next = run.ActivateAndClaim(dependent.Key, delta, completion.Step.Run, worker);
            }
            else
            {
                run.Activate(dependent.Key, delta);
            }
        }

        return next;
    }

    private static CommitResult CloseAndContinue(RunTransaction run, RunInfo info, string? worker, ClaimedStep? next)
    {
        if (next is null && worker is not null && run.MayHaveReady && !run.MustYield)
        {
            next = run.Claim(info, worker, 1).FirstOrDefault();
        }

        run.Close();
        return new CommitResult(CommitStatus.Committed, next, run.BecameReady, run.IsRunning ? null : run.State);
    }

    /// <summary>Tells a lost answer from a lost step, and writes into the log that a late attempt was turned away.</summary>
    private static CommitResult Refuse(SqlSession session, RunTransaction? run, ClaimedStep step, StepState intended)
    {
        (long State, long Epoch, long Attempt)? row = session.QueryFirst(
            "SELECT state, epoch, attempt FROM orchestration_step WHERE run_id = @run AND step_key = @key",
            static row => ((long, long, long)?)(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)),
            ("@run", step.Run.Id), ("@key", step.Key));
        if (row is { } found && found.Epoch == step.Epoch && found.State == (long)intended)
        {
            return new CommitResult(CommitStatus.AlreadyCommitted, null, true, null);
        }

        if (run is { IsRunning: true })
        {
            run.Append(RunEventKind.StepFenced, step.Key, step.Attempt, step.Epoch);
            run.Close();
        }

        return new CommitResult(CommitStatus.Fenced, null, false, null);
    }
}
