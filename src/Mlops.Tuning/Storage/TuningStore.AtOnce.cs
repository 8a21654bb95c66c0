using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>
/// What happens to nearly every trial, in as few statements as the engine allows. A statement is a round trip on PostgreSQL, and from the first one on the
/// study's row is held, so that they bound how many trials a study can have per second.
/// </summary>
internal sealed partial class TuningStore
{
    // A trial that somebody has lost goes before new ones.
    private const string NothingIsLost = "NOT EXISTS (SELECT 1 FROM tuning_trial WHERE study_id = @study AND state = 1 AND lease_until <= @clock)";

    internal const string TakeNextNumber = $"""
        UPDATE tuning_study SET next_number = next_number + 1
        WHERE id = @study AND next_number >= @from AND next_number < @limit AND {NothingIsLost}
        RETURNING next_number - 1 AS number, finished
        """;

    /// <summary>What the next ask would find, so that values can be chosen before it.</summary>
    public async Task<AskOutlook> LookAheadAsync(long study, ILeaseClock clock, CancellationToken cancellationToken) => await _database.ReadAsync(
        (study, clock),
        static (session, state) =>
        {
            const string Next = $"SELECT CASE WHEN {NothingIsLost} THEN next_number ELSE -1 END, finished FROM tuning_study WHERE id = @study";
            (long number, long watermark) = session.QueryFirst(
                Next, static row => (row.GetInt64(0), row.GetInt64(1)), ("@study", state.study), ("@clock", state.clock.Read(session)));
            return new AskOutlook(number, watermark, Earlier(number, session.Query(Running, ReadProposal, ("@study", state.study), ("@watermark", watermark))));
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>Whether a statement may change several tables. Engines that have locks to hold are those that have round trips to spare.</summary>
    private static bool CanChangeSeveralTables(SqlSession session) => session.Dialect.ForUpdate.Length > 0;

    /// <summary>A new trial; null when there is one to take over instead, or no number left.</summary>
    private static ClaimedTrial? AskNew(SqlSession session, AskRequest request, long clock)
    {
        (long from, long limit) = request.Guess is { } guess ? (guess.Number, Math.Min(request.Limit, guess.Number + 1)) : (0, request.Limit);
        if (!CanChangeSeveralTables(session))
        {
            return session.QueryFirst(
                TakeNextNumber,
                static row => ((long, long)?)(row.GetInt64(0), row.GetInt64(1)),
                ("@study", request.Study), ("@from", from), ("@limit", limit), ("@clock", clock)) is var (number, finished)
                ? Insert(session, request, clock, number, request.Guess?.Watermark ?? finished)
                : null;
        }

        const string Sql = $$"""
            WITH taken AS ({{TakeNextNumber}})
            INSERT INTO tuning_trial (study_id, number, state, attempt, watermark, proposal, parameters, report_chunks, owner, epoch, lease_until, started, observed)
            SELECT @study, number, 1, 1, COALESCE(@watermark, finished), @proposal, '{}', 0, @owner, @clock, @until, @now, @observed FROM taken
            RETURNING id, number, watermark
            """;
        string proposal = ProposalOf(request);
        return session.QueryFirst(
            Sql,
            row => NewClaim(row.GetInt64(0), row.GetInt64(1), clock, row.GetInt64(2), proposal),
            ("@study", request.Study), ("@from", from), ("@limit", limit), ("@clock", clock), ("@watermark", request.Guess?.Watermark), ("@proposal", proposal), ("@owner", request.Owner),
            ("@until", clock + request.Lease), ("@now", request.Now), ("@observed", !request.IsObserved));
    }

    /// <summary>The same as <see cref="Finish"/> for a trial that has no parameter to make known.</summary>
    private static (long Sequence, bool IsOurs) FinishAtOnce(SqlSession session, TellRequest request) => session.QueryFirst(
        """
        WITH place AS (
            UPDATE tuning_study SET finished = finished + 1 WHERE id = @study RETURNING finished
        ), told AS (
            UPDATE tuning_trial SET
                state = @state, value = @value, further_values = @further, reason = @reason, parameters = @parameters, constraints = @constraints, violation = @violation,
                last_step = COALESCE(@step, last_step), last_report = COALESCE(@report, last_report), report_chunks = report_chunks + @chunks,
                finished = @now, finish_sequence = place.finished
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
}
