using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    /// <summary>A due time that does not come.</summary>
    public const long Never = long.MaxValue;

    /// <summary>Lets the step of an attempt wait for a decision if the attempt still owns it. It is claimed again when the question expires.</summary>
    public bool TryAsk(ClaimedStep step, string question, TimeSpan? expiry)
    {
        long due = expiry is { } limit ? Now + UnixMicroseconds.From(limit) : Never;
        int changed = _session.Execute(
            """
            UPDATE orchestration_step SET state = 1, not_before = @due, question = @question, worker = NULL
            WHERE run_id = @run AND step_key = @key AND epoch = @epoch AND state = 2
            """,
            ("@due", due), ("@question", question), ("@run", RunId), ("@key", step.Key), ("@epoch", step.Epoch));
        if (changed == 1)
        {
            Append(RunEventKind.ApprovalRequested, step.Key, step.Attempt, step.Epoch, expiry is null ? null : due, question);
            AnnounceQuestion(step, question, expiry is null ? null : due);
        }

        return changed == 1;
    }

    /// <summary>Whether this very attempt has asked before: an answer was lost on the way.</summary>
    public bool HasAsked(ClaimedStep step) => _session.QueryFirst(
        "SELECT epoch FROM orchestration_step WHERE run_id = @run AND step_key = @key AND epoch = @epoch AND state = 1 AND question IS NOT NULL",
        static row => (long?)row.GetInt64(0),
        ("@run", RunId), ("@key", step.Key), ("@epoch", step.Epoch)) is not null;

    /// <summary>Stores a decision and makes its step due; false when the step waits for none.</summary>
    public bool TryDecide(NewDecision decision)
    {
        int changed = _session.Execute(
            """
            UPDATE orchestration_step SET not_before = @due
            WHERE run_id = @run AND step_key = @key AND state = 1 AND question IS NOT NULL AND not_before > @now
                AND NOT EXISTS (SELECT 1 FROM orchestration_decision WHERE run_id = @run AND step_key = @key)
            """,
            ("@due", AtOnce), ("@now", Now), ("@run", RunId), ("@key", decision.Step));
        if (changed == 0)
        {
            return false;
        }

        _session.Execute(
            """
            INSERT INTO orchestration_decision (run_id, step_key, approved, actor, comment, at)
            VALUES (@run, @key, @approved, @actor, @comment, @now)
            """,
            ("@run", RunId), ("@key", decision.Step), ("@approved", decision.IsApproved), ("@actor", decision.Actor),
            ("@comment", decision.Comment), ("@now", Now));
        Append(RunEventKind.ApprovalDecided, decision.Step, value: decision.IsApproved ? 1 : 0, detail: decision.Actor);
        _becameReady = true;
        return true;
    }
}
