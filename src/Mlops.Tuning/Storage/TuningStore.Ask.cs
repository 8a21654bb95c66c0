using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    // The columns of ReadClaim, in its order.
    private const string ClaimColumns =
        "id, number, state, attempt, epoch, watermark, proposal, parameters, last_step, last_report, constraints, (SELECT step FROM tuning_checkpoint WHERE trial_id = tuning_trial.id)";

    internal const string CountRunning = "SELECT count(*) FROM tuning_trial WHERE study_id = @study AND state = 1";

    private const string Free = $"SELECT {ClaimColumns} FROM tuning_trial WHERE study_id = @study AND state = 1 AND lease_until <= @clock";

    internal const string LostLongest = $"{Free} ORDER BY lease_until, number LIMIT 1";

    internal const string LostLowest = $"{Free} ORDER BY number LIMIT 1";

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
        var none = new AskOutcome(Trial: null, IsRepeat: false, Running: 0, Exhausted: 0);
        if (request is { Key: null, Choose: null } && (request.Guess is not null || request.Lag is null))
        {
            // What nearly every ask is, in as few statements as the engine allows.
            ClaimedTrial? begun = Begin(session, request, clock, request.Guess?.Number, request.Guess?.Proposal ?? ParameterJson.Empty, lost: clock);
            if (begun is not null || request.Guess is not null)
            {
                return none with { Trial = begun, IsOvertaken = begun is null };
            }
        }

        if (request.Key is not null)
        {
            // Of two that ask with one key at once the later one finds what the other has begun.
            HoldStudy(session, request.Study);
        }

        if (FindByKey(session, request) is { } known)
        {
            none = none with { IsRepeat = true };
            return known.State == TrialState.Running && IsBlocked(session, request, known.Number)
                ? none with { IsBlocked = true }
                : none with { Trial = Repeat(session, request, clock, known) };
        }

        while (FindOrphan(session, request, clock) is { } orphan)
        {
            if (IsBlocked(session, request, orphan.Number))
            {
                return none with { IsBlocked = true };
            }

            if (orphan.Attempt >= request.MaximumAttempts)
            {
                none = none with { Exhausted = none.Exhausted + (FailOrphan(session, request, orphan) ? 1 : 0) };
            }
            else if (TakeOver(session, request, clock, orphan) is { } taken)
            {
                return none with { Trial = taken };
            }
        }

        return BeginHeld(session, request, clock, none);
    }

    /// <summary>A new trial while nobody else can begin one, so that its values may still be chosen.</summary>
    private static AskOutcome BeginHeld(SqlSession session, AskRequest request, long clock, AskOutcome none)
    {
        if (HoldStudy(session, request.Study, request.Limit) is not var (number, finished))
        {
            return none with { Running = (int)session.QueryFirst(CountRunning, static row => row.GetInt64(0), ("@study", request.Study)) };
        }

        if (IsBlocked(session, request, number))
        {
            return none with { IsBlocked = true };
        }

        string? proposal = request switch
        {
            { Guess: { } guess } => guess.Number == number ? guess.Proposal : null,
            { Choose: { } choose } => choose(new AskOutlook(number, finished, ReadEarlier(session, request.Study, request.Lag, number, request.Watermark ?? finished))),
            _ => ParameterJson.Empty,
        };
        return proposal is null
            ? none with { IsOvertaken = true }
            : none with { Trial = Begin(session, request, clock, number, proposal, NeverLost) };
    }

    /// <summary>
    /// A new trial; null when another number than the given one is next, none below the limit is left, or a trial was lost before, which goes first.
    /// A statement is a round trip on PostgreSQL, and from the first one on the study's row is held, so that they bound how many trials a study can have per second.
    /// </summary>
    private static ClaimedTrial? Begin(SqlSession session, AskRequest request, long clock, long? number, string proposal, long lost)
    {
        (long from, long limit) = number is { } only ? (only, Math.Min(request.Limit, only + 1)) : (0, request.Limit);
        if (!CanChangeSeveralTables(session))
        {
            return TakeNumber(session, request.Study, from, limit, lost) is var (taken, finished)
                ? Insert(session, request, clock, taken, request.Watermark ?? finished, proposal)
                : null;
        }

        const string Sql = $$"""
            WITH taken AS ({{TakeNextNumber}})
            INSERT INTO tuning_trial (study_id, number, state, attempt, ask_key, watermark, proposal, parameters, report_chunks, owner, epoch, lease_until, started, observed)
            SELECT @study, number, 1, 1, @key, COALESCE(@watermark, finished), @proposal, '{}', 0, @owner, @clock, @until, @now, @observed FROM taken
            RETURNING id, number, watermark
            """;
        return session.QueryFirst(
            Sql,
            row => NewClaim(row.GetInt64(0), row.GetInt64(1), clock, row.GetInt64(2), proposal),
            ("@study", request.Study), ("@from", from), ("@limit", limit), ("@lost", lost), ("@key", request.Key), ("@watermark", request.Watermark), ("@proposal", proposal),
            ("@owner", request.Owner), ("@clock", clock), ("@until", clock + request.Lease), ("@now", request.Now), ("@observed", !request.IsObserved));
    }

    private static ClaimedTrial Insert(SqlSession session, AskRequest request, long clock, long number, long watermark, string proposal)
    {
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

    private static ClaimedTrial NewClaim(long id, long number, long clock, long watermark, string proposal) =>
        new(id, (int)number, TrialState.Running, 1, clock, watermark, proposal, ParameterJson.Empty, LastReport: null) { IsNew = true };

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
    private static ClaimedTrial? FindOrphan(SqlSession session, AskRequest request, long clock) => session.QueryFirst(
        request.Lag is null ? LostLongest : LostLowest, static row => ReadClaim(row), ("@study", request.Study), ("@clock", clock));

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
            lease_until = @until, attempt = attempt + 1, owner = @owner, started = @now, ask_key = COALESCE(ask_key, @key),
            watermark = CASE WHEN epoch = 0 THEN (SELECT finished FROM tuning_study WHERE id = tuning_trial.study_id) ELSE watermark END,
            observed = CASE WHEN @observed = 0 THEN 0 ELSE observed END
        WHERE id = @trial AND epoch = @epoch AND state = 1
        RETURNING {ClaimColumns}
        """,
        row => ReadClaim(row) with { IsEnqueued = seen.Epoch == 0 },
        ("@clock", clock), ("@until", clock + request.Lease), ("@owner", request.Owner), ("@now", request.Now), ("@observed", !request.IsObserved),
        ("@key", request.Key), ("@trial", seen.Id), ("@epoch", seen.Epoch));

    private static bool FailOrphan(SqlSession session, AskRequest request, ClaimedTrial orphan)
    {
        long sequence = NextSequence(session, request.Study);
        int failed = session.Execute(
            """
            UPDATE tuning_trial SET
                state = 5, reason = @reason, finished = @now, finish_sequence = @sequence, parameters = CASE WHEN parameters = '{}' AND proposal <> '' THEN proposal ELSE parameters END,
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
