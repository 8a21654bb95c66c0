using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// One transaction on one run: its row is locked first, so that the log is numbered without gaps and two transactions never
/// wait for each other in a circle.
/// </summary>
internal sealed partial class RunTransaction
{
    private readonly SqlSession _session;
    private readonly OrchestrationSql _sql;
    private readonly Outbox? _outbox;
    private long _openSteps;
    private string? _failedStep;
    private string? _error;
    private readonly long? _wakeAt;
    private bool _becameReady;
    private bool _pooled;
    private bool? _mustYield;

    private RunTransaction(SqlSession session, OrchestrationSql sql, Outbox? outbox, long runId, long now, DbDataReader row)
    {
        _session = session;
        _sql = sql;
        _outbox = outbox;
        RunId = runId;
        Now = now;
        State = (PipelineRunState)row.GetInt64(0);
        NextSequence = row.GetInt64(1);
        _openSteps = row.GetInt64(2);
        _wakeAt = row.IsDBNull(3) ? null : row.GetInt64(3);
        _failedStep = row.IsDBNull(4) ? null : row.GetString(4);
        _error = row.IsDBNull(5) ? null : row.GetString(5);
        IsPaused = !row.IsDBNull(6);
        Urgency = row.GetInt64(7);
        _pooled = row.GetInt64(8) != 0;
        _mustYield = row.GetInt64(9) == 0 ? false : null;
    }

    public long RunId { get; }

    public long Now { get; }

    /// <summary>
    /// The due time of a step that waits for nothing: in the order of time, but below every clock. A clock that is set back must not hold up
    /// what was ready before.
    /// </summary>
    private long AtOnce => Now - (1L << 62);

    public PipelineRunState State { get; private set; }

    public long NextSequence { get; private set; }

    public bool IsRunning => State == PipelineRunState.Running;

    /// <summary>Whether steps that run may end, but none begins.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Whether a claim may find something.</summary>
    public bool MayHaveReady => !IsPaused && (_becameReady || _wakeAt <= Now);

    /// <summary>Whether others may find something: a step became ready, or a slot of a pool free.</summary>
    public bool BecameReady => _becameReady || _pooled;

    /// <summary>0 for the most urgent.</summary>
    public long Urgency { get; }

    /// <summary>Whether a more urgent run waits, so that a slot must not go on with this one.</summary>
    public bool MustYield => _mustYield ??= _session.QueryFirst(_sql.Due, DueWork.Read, ("@now", Now)) is { } due && due.Urgency < Urgency;

    /// <summary>Locks the run; null when there is none of this id.</summary>
    public static RunTransaction? Lock(SqlSession session, OrchestrationSql sql, Outbox? outbox, long runId, long now) =>
        session.QueryFirst(sql.LockRun, row => new RunTransaction(session, sql, outbox, runId, now, row), ("@run", runId));

    /// <summary>Writes that the run was stored.</summary>
    public void Begin()
    {
        Append(RunEventKind.RunStarted);
        AnnounceRun();
    }

    /// <summary>Adds the row of a step.</summary>
    public void Insert(string key, PipelineNode node, long ordinal, long pending, byte[]? item)
    {
        // Limits are no part of the graph's hash: a run that began without this one goes on with it.
        EnterPool(node);
        _session.Execute(
            """
            INSERT INTO orchestration_step
                (run_id, step_key, node, ordinal, state, pending, attempt, failures, lost, epoch, not_before, item, pool)
            VALUES (@run, @key, @node, @ordinal, @state, @pending, 0, 0, 0, 0, @due, @item, @pool)
            """,
            ("@run", RunId), ("@key", key), ("@node", node.Key), ("@ordinal", ordinal),
            ("@state", (long)(pending == 0 ? StepState.Ready : StepState.Waiting)), ("@pending", pending), ("@due", AtOnce), ("@item", item),
            ("@pool", node.PoolIn(RunId)));
        _openSteps++;
        _becameReady |= pending == 0;
    }

    /// <summary>Tells a waiting step that something it waits for is there; it becomes ready with the last one.</summary>
    public void Activate(string key, long delta)
    {
        long? state = _session.QueryFirst(
            """
            UPDATE orchestration_step SET
                pending = pending + @delta,
                state = CASE WHEN pending + @delta = 0 THEN 1 ELSE 0 END,
                not_before = CASE WHEN pending + @delta = 0 THEN @due ELSE not_before END
            WHERE run_id = @run AND step_key = @key AND state = 0
            RETURNING state
            """,
            static row => (long?)row.GetInt64(0),
            ("@delta", delta), ("@due", AtOnce), ("@run", RunId), ("@key", key));
        _becameReady |= state == (long)StepState.Ready;
    }

    /// <summary>The same, and the worker takes the step on at once if this makes it ready.</summary>
    public ClaimedStep? ActivateAndClaim(string key, long delta, RunInfo run, string worker)
    {
        ClaimedStep? claimed = _session.QueryFirst(
            """
            UPDATE orchestration_step SET
                pending = pending + @delta,
                state = CASE WHEN pending + @delta <> 0 THEN 0 WHEN pool = '' THEN 2 ELSE 1 END,
                not_before = CASE WHEN pending + @delta = 0 THEN @due ELSE not_before END,
                worker = CASE WHEN pending + @delta = 0 AND pool = '' THEN @worker END,
                attempt = attempt + CASE WHEN pending + @delta = 0 AND pool = '' THEN 1 ELSE 0 END,
                progress = NULL, message = NULL,
                started = CASE WHEN pending + @delta = 0 AND pool = '' THEN @now END,
                epoch = CASE WHEN pending + @delta <> 0 OR pool <> '' THEN epoch WHEN epoch >= @now THEN epoch + 1 ELSE @now END
            WHERE run_id = @run AND step_key = @key AND state = 0
            RETURNING step_key, node, attempt, epoch, failures, lost, item, state
            """,
            row => row.GetInt64(7) == (long)StepState.Running ? ReadClaim(run, row) : null,
            ("@delta", delta), ("@now", Now), ("@due", AtOnce), ("@worker", worker), ("@run", RunId), ("@key", key));
        if (claimed is not null)
        {
            Append(RunEventKind.StepStarted, claimed.Key, claimed.Attempt, claimed.Epoch);
            AnnounceStart(claimed);
        }

        return claimed;
    }

    /// <summary>Ends a step that has not begun and never will.</summary>
    public void Discard(string key, StepState state, RunEventKind kind)
    {
        int changed = _session.Execute(
            "UPDATE orchestration_step SET state = @state, finished = @now WHERE run_id = @run AND step_key = @key AND state = 0",
            ("@state", (long)state), ("@now", Now), ("@run", RunId), ("@key", key));
        if (changed == 1)
        {
            _openSteps--;
            Append(kind, key);
        }
    }

    /// <summary>Ends the step of an attempt if the attempt still owns it.</summary>
    public bool TryFinish(ClaimedStep step, StepState state, string? error, bool hasResult = false)
    {
        int changed = _session.Execute(
            """
            UPDATE orchestration_step SET state = @state, result_seq = @seq, error = @error, finished = @now, worker = NULL
            WHERE run_id = @run AND step_key = @key AND epoch = @epoch AND state = 2
            """,
            ("@state", (long)state), ("@seq", state == StepState.Succeeded || hasResult ? NextSequence : (long?)null), ("@error", error), ("@now", Now),
            ("@run", RunId), ("@key", step.Key), ("@epoch", step.Epoch));
        _openSteps -= changed;
        return changed == 1;
    }

    /// <summary>Makes the step of an attempt ready again if the attempt still owns it; the attempt's number, or null.</summary>
    /// <param name="key">The step.</param>
    /// <param name="epoch">The attempt's.</param>
    /// <param name="delay">How long it waits.</param>
    /// <param name="count">What the attempt counts as.</param>
    /// <param name="error">Why it failed.</param>
    public long? TryReopen(string key, long epoch, TimeSpan delay, Count count, string? error)
    {
        long? attempt = _session.QueryFirst(
            """
            UPDATE orchestration_step SET state = 1, not_before = @due, failures = failures + @failures, lost = lost + @lost, error = @error, worker = NULL
            WHERE run_id = @run AND step_key = @key AND epoch = @epoch AND state = 2
            RETURNING attempt
            """,
            static row => (long?)row.GetInt64(0),
            ("@due", delay > TimeSpan.Zero ? Now + UnixMicroseconds.From(delay) : AtOnce), ("@failures", count == Count.Failure), ("@lost", count == Count.Loss), ("@error", error), ("@run", RunId), ("@key", key), ("@epoch", epoch));
        _becameReady |= attempt is not null && delay <= TimeSpan.Zero;
        return attempt;
    }

    /// <summary>Remembers the first step that failed for good; the run fails once nothing else can run.</summary>
    public void Fail(string step, string error)
    {
        _failedStep ??= step;
        _error ??= error;
    }

    /// <summary>Ends the run at once, with everything that is still open.</summary>
    public RunEnd Abandon(PipelineRunState state, RunEventKind kind, RunFailureKind? failure, string? detail)
    {
        AnnounceAbandoned();
        _session.Execute(
            "UPDATE orchestration_step SET state = 6, finished = @now, worker = NULL WHERE run_id = @run AND state IN (0, 1, 2)",
            ("@now", Now), ("@run", RunId));
        _openSteps = 0;
        Append(kind, value: (long?)failure, detail: detail);
        End(state, failure, detail);
        return _session.QueryFirst(
            "SELECT pipeline, created, trace_parent FROM orchestration_run WHERE id = @run",
            row => new RunEnd(RunId, row.GetString(0), state, row.GetInt64(1), row.IsDBNull(2) ? null : row.GetString(2)),
            ("@run", RunId))!;
    }

    /// <summary>Writes the run's row; ends the run when nothing is open any more.</summary>
    public void Close()
    {
        if (!IsRunning)
        {
            return;
        }

        if (_openSteps > 0)
        {
            WriteEntries();
            _session.Execute(
                """
                UPDATE orchestration_run SET next_seq = @seq, open_steps = @open, failed_step = @step, error = @error,
                    wake_at = CASE WHEN paused IS NULL THEN (
                        SELECT min(not_before) FROM orchestration_step WHERE run_id = @run AND pool = '' AND state = 1 AND not_before < @never) END
                WHERE id = @run
                """,
                ("@seq", NextSequence), ("@open", _openSteps), ("@step", _failedStep), ("@error", _error), ("@run", RunId),
                ("@never", Never));
            WaitForPools();
        }
        else if (_failedStep is null)
        {
            Append(RunEventKind.RunSucceeded);
            End(PipelineRunState.Succeeded, null, null);
        }
        else
        {
            Append(RunEventKind.RunFailed, _failedStep, value: (long)RunFailureKind.StepFailed, detail: _error);
            End(PipelineRunState.Failed, RunFailureKind.StepFailed, _error);
        }
    }

    private void End(PipelineRunState state, RunFailureKind? failure, string? error)
    {
        WriteEntries();
        _session.Execute(
            """
            UPDATE orchestration_run SET state = @state, next_seq = @seq, open_steps = @open, wake_at = NULL, paused = NULL, finished = @now,
                failure_kind = @kind, failed_step = @step, error = @error
            WHERE id = @run
            """,
            ("@state", (long)state), ("@seq", NextSequence), ("@open", _openSteps), ("@now", Now), ("@kind", (long?)failure),
            ("@step", _failedStep), ("@error", error), ("@run", RunId));
        State = state;
        LeavePools();
        AnnounceRun(failure, error);
    }
}
