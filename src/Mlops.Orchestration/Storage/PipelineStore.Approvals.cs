using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>Lets a step wait for a decision instead of ending it.</summary>
    public Task<CommitResult> AskAsync(ClaimedStep step, string question, TimeSpan? expiry, string? continueAs, CancellationToken cancellationToken, Durability durability = Durability.Process) =>
        _database.WriteAsync(
            (Store: this, step, question, expiry, continueAs),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.step.Run.Id);
                if (run is not { IsRunning: true } || !run.TryAsk(state.step, state.question, state.expiry))
                {
                    // A step that was taken over is ready as well, with the same epoch; but it has asked nothing.
                    return run is { IsRunning: true } && run.HasAsked(state.step)
                        ? new CommitResult(CommitStatus.AlreadyCommitted, null, true, null)
                        : Refuse(session, run, state.step, StepState.AwaitingApproval);
                }

                return CloseAndContinue(run, state.step.Run, run.IsPaused ? null : state.continueAs, next: null);
            },
            durability,
            cancellationToken);

    /// <summary>What an approval step has asked, and what was decided.</summary>
    public async ValueTask<ApprovalGate?> FindGateAsync(long runId, string key, CancellationToken cancellationToken)
    {
        List<ApprovalGate> rows = await _database.QueryAsync(
            """
            SELECT s.question, d.approved, d.actor, d.comment, d.at FROM orchestration_step s
            LEFT JOIN orchestration_decision d ON d.run_id = s.run_id AND d.step_key = s.step_key
            WHERE s.run_id = @run AND s.step_key = @key
            """,
            static row => new ApprovalGate(
                row.IsDBNull(0) ? null : row.GetString(0),
                row.IsDBNull(1) ? null : new StoredDecision(
                    row.GetInt64(1) == 1, row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), UnixMicroseconds.ToTime(row.GetInt64(4)))),
            cancellationToken,
            ("@run", runId), ("@key", key)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    public ValueTask<List<PendingApproval>> ListApprovalsAsync(int count, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT s.run_id, r.pipeline, s.step_key, s.question, s.not_before FROM orchestration_step s
            JOIN orchestration_run r ON r.id = s.run_id
            WHERE s.state = 1 AND s.question IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM orchestration_decision d WHERE d.run_id = s.run_id AND d.step_key = s.step_key)
            ORDER BY s.run_id, s.step_key LIMIT @count
            """,
            static row => new PendingApproval(
                row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3),
                row.GetInt64(4) == RunTransaction.Never ? null : UnixMicroseconds.ToTime(row.GetInt64(4))),
            cancellationToken,
            ("@count", (long)count));

    /// <summary>Stores a decision if none stands and the step waits for one.</summary>
    /// <returns>Where the step stands, and the decision that stands; null when there is none.</returns>
    public Task<(StepState? State, bool? Stands)> DecideAsync(NewDecision decision, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, decision),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.decision.RunId);
                if (run is { IsRunning: true } && run.TryDecide(state.decision))
                {
                    run.Close();
                    return ((StepState?)StepState.Ready, (bool?)state.decision.IsApproved);
                }

                return session.QueryFirst(
                    """
                    SELECT s.state, d.approved FROM orchestration_step s
                    LEFT JOIN orchestration_decision d ON d.run_id = s.run_id AND d.step_key = s.step_key
                    WHERE s.run_id = @run AND s.step_key = @key
                    """,
                    static row => ((StepState?)row.GetInt64(0), row.IsDBNull(1) ? null : (bool?)(row.GetInt64(1) == 1)),
                    ("@run", state.decision.RunId), ("@key", state.decision.Step));
            },
            Durability.Power,
            cancellationToken);
}
