using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    /// <summary>Keeps a running trial until somebody resumes it. Samplers see a pause at its place in the order of finishing.</summary>
    /// <exception cref="TrialLostException">Somebody took the trial over.</exception>
    public Task<TellOutcome> PauseAsync(TellRequest request, CancellationToken cancellationToken) =>
        _database.WriteAsync(request, static (session, request) => Pause(session, request), Durability.Process, cancellationToken);

    /// <summary>Claims a paused trial; null when it is not paused any more.</summary>
    public Task<ClaimedTrial?> ResumeAsync(AskRequest request, int number, CancellationToken cancellationToken) =>
        _database.WriteAsync((request, number), static (session, state) => Resume(session, state.request, state.number), Durability.Process, cancellationToken);

    /// <summary>
    /// Replaces a running trial's checkpoint, renews its lease and stores what it has gathered, so that whoever goes on from the checkpoint has the reports
    /// before it; false when the trial was lost.
    /// </summary>
    public Task<bool> SaveCheckpointAsync(TrialUpdate update, ILeaseClock clock, long lease, int step, byte[] data, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (update, clock, lease, step, data),
            static (session, state) =>
            {
                bool held = Update(session, state.update, state.clock.Read(session) + state.lease);
                if (held)
                {
                    session.Execute(
                        """
                        INSERT INTO tuning_checkpoint (trial_id, step, data) VALUES (@trial, @step, @data)
                        ON CONFLICT (trial_id) DO UPDATE SET step = excluded.step, data = excluded.data
                        """,
                        ("@trial", state.update.Trial), ("@step", (long)state.step), ("@data", state.data));
                }

                return held;
            },
            Durability.Process,
            cancellationToken);

    public async Task<TrialCheckpoint?> FindCheckpointAsync(long trial, CancellationToken cancellationToken)
    {
        List<TrialCheckpoint> found = await _database.QueryAsync(
            "SELECT step, data FROM tuning_checkpoint WHERE trial_id = @trial",
            static row => new TrialCheckpoint((int)row.GetInt64(0), row.GetFieldValue<byte[]>(1)),
            cancellationToken,
            ("@trial", trial)).ConfigureAwait(false);
        return found.Count > 0 ? found[0] : null;
    }

    private static TellOutcome Pause(SqlSession session, TellRequest request)
    {
        long sequence = NextSequence(session, request.Study);
        RegisterDomains(session, request.Study, request.StudyName, request.NewDomains);
        long? chunks = session.QueryFirst(
            """
            UPDATE tuning_trial SET
                state = 2, parameters = @parameters, last_step = COALESCE(@step, last_step), last_report = COALESCE(@report, last_report),
                report_chunks = report_chunks + @chunks, lease_until = 0, constraints = @constraints, violation = @violation
            WHERE id = @trial AND epoch = @epoch AND state = 1
            RETURNING report_chunks
            """,
            static row => (long?)row.GetInt64(0),
            ("@parameters", request.Parameters), ("@step", Step(request.LastReport)), ("@report", Bits(request.LastReport)),
            ("@chunks", request.Reports is null ? 0 : 1), ("@constraints", request.Constraints), ("@violation", request.Violation),
            ("@trial", request.Trial), ("@epoch", request.Epoch));
        if (chunks is { } chunk)
        {
            AddReports(session, request.Trial, chunk, request.Reports);
            session.Execute(
                """
                INSERT INTO tuning_pause (study_id, sequence, trial_id, step, report, parameters, constraints, violation, judged_step)
                VALUES (@study, @sequence, @trial, @step, @report, @parameters, @constraints, @violation, @judged)
                """,
                ("@study", request.Study), ("@sequence", sequence), ("@trial", request.Trial), ("@step", Step(request.LastReport)),
                ("@report", Bits(request.LastReport)), ("@parameters", request.Parameters), ("@constraints", request.Constraints), ("@violation", request.Violation), ("@judged", (long)request.JudgedBefore));
            return new TellOutcome(sequence, request.Now, IsRepeat: false);
        }

        TakeSequenceBack(session, request.Study);
        bool isRepeat = session.QueryFirst(
            "SELECT epoch, state FROM tuning_trial WHERE id = @trial",
            row => row.GetInt64(0) == request.Epoch && row.GetInt64(1) == (long)TrialState.Paused,
            ("@trial", request.Trial));
        return isRepeat ? new TellOutcome(0, request.Now, IsRepeat: true) : throw new TrialLostException(request.StudyName, request.Number, request.Attempt);
    }

    private static ClaimedTrial? Resume(SqlSession session, AskRequest request, int number)
    {
        long clock = request.Clock.Read(session);
        ClaimedTrial? resumed = session.QueryFirst(
            $"""
            UPDATE tuning_trial SET
                state = 1, epoch = CASE WHEN epoch >= @clock THEN epoch + 1 ELSE @clock END, lease_until = @until, owner = @owner, started = @now,
                observed = CASE WHEN @observed = 0 THEN 0 ELSE observed END
            WHERE study_id = @study AND number = @number AND state = 2
            RETURNING {ClaimColumns}
            """,
            static row => ReadClaim(row) with { IsResumed = true },
            ("@clock", clock), ("@until", clock + request.Lease), ("@owner", request.Owner), ("@now", request.Now), ("@observed", !request.IsObserved),
            ("@study", request.Study), ("@number", (long)number));
        return resumed is null ? null : resumed with { IsResumed = true };
    }
}
