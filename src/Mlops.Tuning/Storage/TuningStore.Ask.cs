using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    // The columns of ReadClaim, in its order.
    private const string ClaimColumns =
        "id, number, state, attempt, epoch, watermark, proposal, parameters, last_step, last_report, constraints, (SELECT step FROM tuning_checkpoint WHERE trial_id = tuning_trial.id)";

    private const string LostTooOften = "Lost too often: its holders stopped renewing their leases, in other words crashed or hung.";

    public Task<AskOutcome> AskAsync(AskRequest request, CancellationToken cancellationToken) =>
        _database.WriteAsync(request, static (session, request) => Ask(session, request), Durability.Process, cancellationToken);

    /// <summary>Gives a running trial back with what it has gathered, so that the next to ask takes it over at once and the attempt does not count.</summary>
    public Task<bool> ReleaseAsync(TrialUpdate update, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            update,
            static (session, update) => Update(session, update, until: 0)
                && session.Execute("UPDATE tuning_trial SET attempt = attempt - 1 WHERE id = @trial", ("@trial", update.Trial)) == 1,
            Durability.Process,
            cancellationToken);

    private static AskOutcome Ask(SqlSession session, AskRequest request)
    {
        long clock = request.Clock.Read(session);
        if (request is { Key: null, Lag: null })
        {
            ClaimedTrial? begun = AskNew(session, request, clock);
            if (begun is not null || request.Guess is not null)
            {
                return new AskOutcome(begun, IsRepeat: false, Running: 0, Exhausted: 0);
            }
        }

        if (FindByKey(session, request) is { } known)
        {
            return known.State == TrialState.Running && IsBlocked(session, request, known.Number)
                ? new AskOutcome(Trial: null, IsRepeat: true, Running: 0, Exhausted: 0) { IsBlocked = true }
                : new AskOutcome(Repeat(session, request, clock, known), IsRepeat: true, Running: 0, Exhausted: 0);
        }

        int exhausted = 0;
        while (FindOrphan(session, request, clock) is { } orphan)
        {
            if (IsBlocked(session, request, orphan.Number))
            {
                return new AskOutcome(Trial: null, IsRepeat: false, Running: 0, exhausted) { IsBlocked = true };
            }

            if (orphan.Attempt >= request.MaximumAttempts)
            {
                exhausted += FailOrphan(session, request, orphan) ? 1 : 0;
            }
            else if (TakeOver(session, request, clock, orphan) is { } taken)
            {
                return new AskOutcome(taken, IsRepeat: false, Running: 0, exhausted);
            }
        }

        if (IsNextBlocked(session, request))
        {
            return new AskOutcome(Trial: null, IsRepeat: false, Running: 0, exhausted) { IsBlocked = true };
        }

        if (NextNumber(session, request) is not var (number, watermark))
        {
            long running = session.QueryFirst(
                "SELECT count(*) FROM tuning_trial WHERE study_id = @study AND state = 1",
                static row => row.GetInt64(0),
                ("@study", request.Study));
            return new AskOutcome(Trial: null, IsRepeat: false, (int)running, exhausted);
        }

        // The study's row is held now, so a repeat of the key that ran beside this one has either committed or waits.
        if (FindByKey(session, request) is { } raced)
        {
            session.Execute("UPDATE tuning_study SET next_number = next_number - 1 WHERE id = @study", ("@study", request.Study));
            return new AskOutcome(Repeat(session, request, clock, raced), IsRepeat: true, Running: 0, exhausted);
        }

        return new AskOutcome(Insert(session, request, clock, number, watermark), IsRepeat: false, Running: 0, exhausted);
    }

    private static ClaimedTrial Insert(SqlSession session, AskRequest request, long clock, long number, long watermark)
    {
        string proposal = ProposalOf(request);
        long id = session.QueryFirst(
            """
            INSERT INTO tuning_trial (study_id, number, state, attempt, ask_key, watermark, proposal, parameters, report_chunks,
                owner, epoch, lease_until, started, observed)
            VALUES (@study, @number, 1, 1, @key, @watermark, @proposal, '{}', 0, @owner, @clock, @until, @now, @observed)
            RETURNING id
            """,
            static row => row.GetInt64(0),
            ("@study", request.Study), ("@number", number), ("@key", request.Key), ("@watermark", watermark), ("@proposal", proposal), ("@owner", request.Owner),
            ("@clock", clock), ("@until", clock + request.Lease), ("@now", request.Now), ("@observed", !request.IsObserved));
        return NewClaim(id, number, clock, watermark, proposal);
    }

    private static string ProposalOf(AskRequest request) => request.Guess?.Proposal ?? (request.AwaitsProposal ? Undecided : ParameterJson.Empty);

    private static ClaimedTrial NewClaim(long id, long number, long clock, long watermark, string proposal) =>
        new(id, (int)number, TrialState.Running, 1, clock, watermark, proposal, ParameterJson.Empty, LastReport: null) { IsNew = true };

    private static (long Number, long Watermark)? NextNumber(SqlSession session, AskRequest request) => session.QueryFirst(
        """
        UPDATE tuning_study SET next_number = next_number + 1 WHERE id = @study AND next_number < @limit
        RETURNING next_number - 1, finished
        """,
        static row => ((long, long)?)(row.GetInt64(0), row.GetInt64(1)),
        ("@study", request.Study), ("@limit", request.Limit));

    private static ClaimedTrial? FindByKey(SqlSession session, AskRequest request) => request.Key is null
        ? null
        : session.QueryFirst(
            $"""
            SELECT {ClaimColumns}
            FROM tuning_trial WHERE study_id = @study AND ask_key = @key
            """,
            static row => ReadClaim(row),
            ("@study", request.Study), ("@key", request.Key));

    /// <summary>The trial that nobody has held for longest, those that wait first; with a lag the lowest number, as it blocks those after it.</summary>
    private static ClaimedTrial? FindOrphan(SqlSession session, AskRequest request, long clock)
    {
        const string Free = $"SELECT {ClaimColumns} FROM tuning_trial WHERE study_id = @study AND state = 1 AND lease_until <= @clock";
        const string Longest = $"{Free} ORDER BY lease_until, number LIMIT 1";
        const string Lowest = $"{Free} ORDER BY number LIMIT 1";
        return session.QueryFirst(request.Lag is null ? Longest : Lowest, static row => ReadClaim(row), ("@study", request.Study), ("@clock", clock));
    }

    /// <summary>
    /// Whoever repeats a key gets its trial, and fences out the earlier holder, which is the same caller before it crashed or lost the answer.
    /// </summary>
    private static ClaimedTrial Repeat(SqlSession session, AskRequest request, long clock, ClaimedTrial known)
    {
        while (known.State == TrialState.Running)
        {
            if (TakeOver(session, request, clock, known) is { } taken)
            {
                return taken;
            }

            known = FindByKey(session, request)!;
        }

        return known;
    }

    /// <summary>Null when somebody else was faster. An enqueued trial that nobody has held sees what has finished by now. The epoch is at least the clock, so that it grows even when a crashed server has lost the last grants.</summary>
    private static ClaimedTrial? TakeOver(SqlSession session, AskRequest request, long clock, ClaimedTrial seen) => session.QueryFirst(
        $"""
        UPDATE tuning_trial SET
            epoch = CASE WHEN epoch >= @clock THEN epoch + 1 ELSE @clock END,
            lease_until = @until, attempt = attempt + 1, owner = @owner, started = @now,
            watermark = CASE WHEN epoch = 0 THEN (SELECT finished FROM tuning_study WHERE id = tuning_trial.study_id) ELSE watermark END,
            observed = CASE WHEN @observed = 0 THEN 0 ELSE observed END
        WHERE id = @trial AND epoch = @epoch AND state = 1
        RETURNING {ClaimColumns}
        """,
        row => ReadClaim(row) with { IsEnqueued = seen.Epoch == 0 },
        ("@clock", clock), ("@until", clock + request.Lease), ("@owner", request.Owner), ("@now", request.Now), ("@observed", !request.IsObserved),
        ("@trial", seen.Id), ("@epoch", seen.Epoch));

    private static bool FailOrphan(SqlSession session, AskRequest request, ClaimedTrial orphan)
    {
        long sequence = NextSequence(session, request.Study);
        int failed = session.Execute(
            """
            UPDATE tuning_trial SET
                state = 5, reason = @reason, finished = @now, finish_sequence = @sequence, parameters = CASE WHEN parameters = '{}' THEN proposal ELSE parameters END,
                observed = CASE WHEN @observed = 0 THEN 0 ELSE observed END
            WHERE id = @trial AND epoch = @epoch AND state = 1
            """,
            ("@reason", LostTooOften), ("@now", request.Now), ("@sequence", sequence), ("@observed", !request.IsObserved),
            ("@trial", orphan.Id), ("@epoch", orphan.Epoch));
        if (failed == 0)
        {
            TakeSequenceBack(session, request.Study);
        }
        else
        {
            DropCheckpoint(session, orphan.Id);
        }

        return failed == 1;
    }

    private static ClaimedTrial ReadClaim(DbDataReader row) => new(
        row.GetInt64(0), (int)row.GetInt64(1), (TrialState)row.GetInt64(2), (int)row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetString(6), row.GetString(7),
        row.IsDBNull(8) || row.IsDBNull(9) ? null : new TrialReport((int)row.GetInt64(8), BitConverter.Int64BitsToDouble(row.GetInt64(9))))
    {
        Constraints = row.IsDBNull(10) ? null : row.GetString(10),
        CheckpointStep = row.IsDBNull(11) ? null : (int)row.GetInt64(11),
    };
}
