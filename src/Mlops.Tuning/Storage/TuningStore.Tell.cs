using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    private const string Told = """
        state = @state, value = @value, further_values = @further, reason = @reason, parameters = @parameters, constraints = @constraints, violation = @violation,
        last_step = COALESCE(@step, last_step), last_report = COALESCE(@report, last_report), report_chunks = report_chunks + @chunks, finished = @now
        """;

    /// <exception cref="TrialLostException">Somebody took the trial over.</exception>
    /// <exception cref="TrialFinishedException">It was told before, with another outcome.</exception>
    /// <exception cref="DomainConflictException">The study knows a parameter as something else.</exception>
    public Task<TellOutcome> TellAsync(TellRequest request, CancellationToken cancellationToken) =>
        _database.WriteAsync(request, static (session, request) => Tell(session, request), Durability.Process, cancellationToken);

    /// <summary>Renews leases and stores what their trials have gathered; false at a trial's place when it was lost.</summary>
    public Task<bool[]> UpdateAsync(IReadOnlyList<TrialUpdate> updates, ILeaseClock clock, long lease, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (updates, clock, lease),
            static (session, state) =>
            {
                long until = state.clock.Read(session) + state.lease;
                bool[] held = new bool[state.updates.Count];
                for (int i = 0; i < held.Length; i++)
                {
                    held[i] = Update(session, state.updates[i], until);
                }

                return held;
            },
            Durability.Process,
            cancellationToken);

    /// <summary>Stores what a trial has gathered and ends its lease, so that the next to ask begins another attempt; false when it was lost.</summary>
    public Task<bool> GiveBackAsync(TrialUpdate update, CancellationToken cancellationToken) =>
        _database.WriteAsync(update, static (session, update) => Update(session, update, until: 0), Durability.Process, cancellationToken);

    private static TellOutcome Tell(SqlSession session, TellRequest request)
    {
        // The study's row first: it orders tells, and a lock is taken on the parent before its child.
        (long sequence, bool isOurs) = CanChangeSeveralTables(session) && request.NewDomains.Count == 0 ? FinishAtOnce(session, request) : Finish(session, request);
        if (isOurs)
        {
            if (request.MayHaveCheckpoint)
            {
                DropCheckpoint(session, request.Trial);
            }

            return new TellOutcome(sequence, request.Now, IsRepeat: false);
        }

        TellOutcome told = ReadTold(session, request);
        TakeSequenceBack(session, request.Study);
        return told;
    }

    private static (long Sequence, bool IsOurs) Finish(SqlSession session, TellRequest request)
    {
        long sequence = NextSequence(session, request.Study);
        RegisterDomains(session, request.Study, request.StudyName, request.NewDomains);
        long? chunks = session.QueryFirst(
            $"""
            UPDATE tuning_trial SET
                {Told}, finish_sequence = @sequence
            WHERE id = @trial AND epoch = @epoch AND state = 1
            RETURNING report_chunks
            """,
            static row => (long?)row.GetInt64(0),
            ("@state", (long)request.State), ("@value", request.Value), ("@further", request.FurtherValues), ("@reason", request.Reason),
            ("@parameters", request.Parameters), ("@constraints", request.Constraints), ("@violation", request.Violation), ("@step", Step(request.LastReport)), ("@report", Bits(request.LastReport)),
            ("@chunks", request.Reports is null ? 0 : 1), ("@now", request.Now), ("@sequence", sequence), ("@trial", request.Trial), ("@epoch", request.Epoch));
        if (chunks is { } chunk)
        {
            AddReports(session, request.Trial, chunk, request.Reports);
        }

        return (sequence, chunks is not null);
    }

    /// <summary>The same as <see cref="Finish"/> for a trial that has no parameter to make known.</summary>
    private static (long Sequence, bool IsOurs) FinishAtOnce(SqlSession session, TellRequest request) => session.QueryFirst(
        $"""
        WITH place AS (
            UPDATE tuning_study SET finished = finished + 1 WHERE id = @study RETURNING finished
        ), told AS (
            UPDATE tuning_trial SET
                {Told}, finish_sequence = place.finished
            FROM place WHERE id = @trial AND epoch = @epoch AND state = 1
            RETURNING report_chunks
        ), reported AS (
            INSERT INTO tuning_report (trial_id, chunk, points) SELECT @trial, report_chunks, @points FROM told WHERE @chunks > 0
        )
        SELECT (SELECT finished FROM place), (SELECT count(*) FROM told)
        """,
        static row => (row.GetInt64(0), row.GetInt64(1) > 0),
        ("@study", request.Study), ("@state", (long)request.State), ("@value", request.Value), ("@further", request.FurtherValues), ("@reason", request.Reason),
        ("@parameters", request.Parameters), ("@constraints", request.Constraints), ("@violation", request.Violation), ("@step", Step(request.LastReport)), ("@report", Bits(request.LastReport)),
        ("@chunks", request.Reports is null ? 0 : 1), ("@now", request.Now), ("@trial", request.Trial), ("@epoch", request.Epoch), ("@points", request.Reports));

    private static TellOutcome ReadTold(SqlSession session, TellRequest request)
    {
        (long Epoch, TrialState State, double? Value, string? Further, string? Reason, long Sequence, long Finished) told = session.QueryFirst(
            """
            SELECT epoch, state, value, further_values, reason, COALESCE(finish_sequence, 0), COALESCE(finished, 0)
            FROM tuning_trial WHERE id = @trial
            """,
            static row => (
                row.GetInt64(0), (TrialState)row.GetInt64(1), row.IsDBNull(2) ? null : (double?)row.GetDouble(2),
                row.IsDBNull(3) ? null : row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4), row.GetInt64(5), row.GetInt64(6)),
            ("@trial", request.Trial));
        if (told.Epoch != request.Epoch || told.State == TrialState.Running)
        {
            throw new TrialLostException(request.StudyName, request.Number, request.Attempt);
        }

        bool same = told.State == request.State && told.Value.Equals(request.Value) && told.Further == request.FurtherValues && told.Reason == request.Reason;
        return same
            ? new TellOutcome(told.Sequence, told.Finished, IsRepeat: true)
            : throw new TrialFinishedException(request.StudyName, request.Number, told.State, told.Value);
    }

    private static bool Update(SqlSession session, TrialUpdate update, long until)
    {
        long? chunks = session.QueryFirst(
            """
            UPDATE tuning_trial SET
                lease_until = @until, parameters = @parameters,
                last_step = COALESCE(@step, last_step), last_report = COALESCE(@report, last_report), report_chunks = report_chunks + @chunks
            WHERE id = @trial AND epoch = @epoch AND state = 1 AND lease_until > 0
            RETURNING report_chunks
            """,
            static row => (long?)row.GetInt64(0),
            ("@until", until), ("@parameters", update.Parameters), ("@step", Step(update.LastReport)), ("@report", Bits(update.LastReport)),
            ("@chunks", update.Reports is null ? 0 : 1), ("@trial", update.Trial), ("@epoch", update.Epoch));
        if (chunks is not { } chunk)
        {
            return false;
        }

        AddReports(session, update.Trial, chunk, update.Reports);
        return true;
    }

    private static void AddReports(SqlSession session, long trial, long chunk, byte[]? points)
    {
        if (points is not null)
        {
            session.Execute(
                "INSERT INTO tuning_report (trial_id, chunk, points) VALUES (@trial, @chunk, @points)",
                ("@trial", trial), ("@chunk", chunk), ("@points", points));
        }
    }

    private static void DropCheckpoint(SqlSession session, long trial) =>
        session.Execute("DELETE FROM tuning_checkpoint WHERE trial_id = @trial", ("@trial", trial));

    private static long NextSequence(SqlSession session, long study) => session.QueryFirst(
        "UPDATE tuning_study SET finished = finished + 1 WHERE id = @study RETURNING finished",
        static row => row.GetInt64(0),
        ("@study", study));

    /// <summary>The row is still held since <see cref="NextSequence"/>, so the sequence stays free of gaps.</summary>
    private static void TakeSequenceBack(SqlSession session, long study) =>
        session.Execute("UPDATE tuning_study SET finished = finished - 1 WHERE id = @study", ("@study", study));

    private static SqlValue Step(TrialReport? report) => report is { } last ? (long?)last.Step : null;

    private static SqlValue Bits(TrialReport? report) => report is { } last ? (long?)BitConverter.DoubleToInt64Bits(last.Value) : null;
}
