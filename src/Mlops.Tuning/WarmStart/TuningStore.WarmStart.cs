using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    /// <summary>Adds a trial that waits for the next to ask, as one that nobody holds; the number of an earlier one with the same key.</summary>
    public Task<int> EnqueueAsync(long study, string? key, string proposal, long now, bool isObserved, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (study, key, proposal, now, isObserved),
            static (session, state) =>
            {
                HoldStudy(session, state.study);
                if (NumberOf(session, state.study, state.key) is { } known)
                {
                    return (int)known;
                }

                (long number, long watermark) = TakeNumber(session, state.study)!.Value;

                session.Execute(
                    """
                    INSERT INTO tuning_trial (study_id, number, state, attempt, ask_key, watermark, proposal, parameters, report_chunks,
                        owner, epoch, lease_until, started, observed)
                    VALUES (@study, @number, 1, 0, @key, @watermark, @proposal, '{}', 0, '', 0, 0, @now, @observed)
                    """,
                    ("@study", state.study), ("@number", number), ("@key", state.key), ("@watermark", watermark), ("@proposal", state.proposal),
                    ("@now", state.now), ("@observed", !state.isObserved));
                return (int)number;
            },
            Durability.Process,
            cancellationToken);

    /// <summary>Adds finished trials in one transaction, in the order given; those whose key is known are left out.</summary>
    /// <returns>How many were added.</returns>
    /// <exception cref="DomainConflictException">The study knows a parameter as something else; nothing was added.</exception>
    public Task<int> ImportAsync(
        StudyRow study, IReadOnlyList<KeyValuePair<string, ParameterDomain>> domains, IReadOnlyList<StoredTrial> trials, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (study, domains, trials),
            static (session, state) =>
            {
                HoldStudy(session, state.study.Id);
                int added = 0;
                foreach (StoredTrial trial in state.trials)
                {
                    added += Import(session, state.study.Id, trial) ? 1 : 0;
                }

                RegisterDomains(session, state.study.Id, state.study.Name, state.domains);
                return added;
            },
            Durability.Process,
            cancellationToken);

    private static bool Import(SqlSession session, long study, StoredTrial trial)
    {
        if (NumberOf(session, study, trial.Key) is not null)
        {
            return false;
        }

        (long number, long watermark) = TakeNumber(session, study)!.Value;
        TrialReport? last = trial.Reports.Count > 0 ? trial.Reports[^1] : null;
        long id = session.QueryFirst(
            """
            INSERT INTO tuning_trial (study_id, number, state, attempt, ask_key, watermark, proposal, parameters, value, further_values, reason, last_step, last_report,
                report_chunks, owner, epoch, lease_until, started, finished, finish_sequence, observed, constraints, violation)
            VALUES (@study, @number, @state, 1, @key, @watermark, '{}', @parameters, @value, @further, @reason, @step, @report,
                @chunks, '', 0, 0, @started, @finished, @sequence, 1, @constraints, @violation)
            RETURNING id
            """,
            static row => row.GetInt64(0),
            ("@study", study), ("@number", number), ("@state", (long)trial.State), ("@key", trial.Key), ("@watermark", watermark),
            ("@parameters", ParameterJson.Write(trial.Parameters)), ("@value", trial.Values.Count > 0 ? (double?)trial.Values[0] : null),
            ("@further", ObjectiveValues.WriteFurther(trial.Values)), ("@reason", trial.Reason), ("@step", Step(last)), ("@report", Bits(last)),
            ("@chunks", last is null ? 0 : 1), ("@started", trial.Started), ("@finished", trial.Finished), ("@sequence", NextSequence(session, study)),
            ("@constraints", trial.Constraints.Count > 0 ? ConstraintValues.Write(trial.Constraints) : null), ("@violation", ConstraintValues.Violation(trial.Constraints)));
        AddReports(session, id, 1, last is null ? null : TrialReports.Pack([.. trial.Reports]));
        return true;
    }

    private static long? NumberOf(SqlSession session, long study, string? key) => key is null
        ? null
        : session.QueryFirst(
            "SELECT number FROM tuning_trial WHERE study_id = @study AND ask_key = @key", static row => (long?)row.GetInt64(0), ("@study", study), ("@key", key));
}
