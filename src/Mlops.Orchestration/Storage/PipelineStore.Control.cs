using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    private const string MemoColumns =
        """
        SELECT e.payload, e.content_hash, e.content_length
        FROM orchestration_memo m JOIN orchestration_event e ON e.run_id = m.run_id AND e.seq = m.seq
        WHERE m.run_id = @run AND m.step_key = @key AND m.name = @name
        """;

    /// <summary>Ends a run that is not over yet; false when it was over already or does not exist.</summary>
    public Task<bool> CancelAsync(long runId, string reason, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId, reason),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.runId);
                if (run is not { IsRunning: true })
                {
                    return false;
                }

                run.Abandon(PipelineRunState.Cancelled, RunEventKind.RunCancelled, null, state.reason);
                return true;
            },
            Durability.Process,
            cancellationToken);

    /// <summary>Holds back the steps of a run; false when it is paused already, is over, or does not exist.</summary>
    public Task<bool> PauseAsync(long runId, string reason, CancellationToken cancellationToken) =>
        ChangeAsync(runId, run => run.Pause(reason), cancellationToken);

    /// <summary>Lets a paused run go on; false when it is not paused or does not exist.</summary>
    public Task<bool> ResumeAsync(long runId, CancellationToken cancellationToken) =>
        ChangeAsync(runId, static run => run.Resume(), cancellationToken);

    /// <summary>Keeps what an attempt says of its progress while it owns the step.</summary>
    public Task<int> ReportAsync(ClaimedStep step, StepProgress progress, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (step, progress),
            static (session, state) => session.Execute(
                """
                UPDATE orchestration_step SET progress = @progress, message = @message
                WHERE run_id = @run AND step_key = @key AND epoch = @epoch AND state = 2
                """,
                ("@progress", state.progress.Fraction), ("@message", state.progress.Message), ("@run", state.step.Run.Id),
                ("@key", state.step.Key), ("@epoch", state.step.Epoch)),
            Durability.Process,
            cancellationToken);

    /// <summary>Keeps an intermediate result, if the attempt still owns its step.</summary>
    public Task<MemoResult> RememberAsync(StepMemo memo, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, memo),
            static (session, state) => state.Store.Remember(session, state.memo),
            memo.Durability,
            cancellationToken);

    /// <summary>An intermediate result that an attempt of this step has kept.</summary>
    public async ValueTask<StoredPayload?> FindMemoAsync(long runId, string key, string name, CancellationToken cancellationToken)
    {
        List<StoredPayload> rows = await _database.QueryAsync(
            MemoColumns, ReadPayload, cancellationToken, ("@run", runId), ("@key", key), ("@name", name)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>All steps of a run that is over, in the order of their declaration.</summary>
    public ValueTask<List<StepRow>> ListStepRowsAsync(long runId, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            "SELECT step_key, node, ordinal, state, result_seq, item FROM orchestration_step WHERE run_id = @run ORDER BY ordinal, step_key",
            static row => new StepRow(
                row.GetString(0), row.GetString(1), row.GetInt64(2), (StepState)row.GetInt64(3), row.IsDBNull(4) ? null : row.GetInt64(4),
                row.IsDBNull(5) ? null : row.GetFieldValue<byte[]>(5)),
            cancellationToken,
            ("@run", runId));

    private static StoredPayload ReadPayload(DbDataReader row) => new(
        row.IsDBNull(0) ? null : row.GetFieldValue<byte[]>(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? 0 : row.GetInt64(2));

    private Task<bool> ChangeAsync(long runId, Func<RunTransaction, bool> change, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId, change),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.runId);
                if (run is not { IsRunning: true } || !state.change(run))
                {
                    return false;
                }

                run.Close();
                return true;
            },
            Durability.Process,
            cancellationToken);

    private MemoResult Remember(SqlSession session, StepMemo memo)
    {
        RunTransaction? run = Lock(session, memo.Step.Run.Id);
        if (run is not { IsRunning: true })
        {
            return new MemoResult(CommitStatus.Fenced, default, RunIsOver: true);
        }

        if (run.TryRemember(memo))
        {
            foreach (ContentHash artifact in memo.Artifacts)
            {
                run.Refer(memo.Step.Key, artifact);
            }

            run.Close();
            return new MemoResult(CommitStatus.Committed, default, RunIsOver: false);
        }

        List<StoredPayload> known = session.Query(
            MemoColumns, ReadPayload, ("@run", memo.Step.Run.Id), ("@key", memo.Step.Key), ("@name", memo.Name));
        if (known.Count > 0)
        {
            return new MemoResult(CommitStatus.AlreadyCommitted, known[0], RunIsOver: false);
        }

        run.Append(RunEventKind.StepFenced, memo.Step.Key, memo.Step.Attempt, memo.Step.Epoch);
        run.Close();
        return new MemoResult(CommitStatus.Fenced, default, RunIsOver: false);
    }
}
