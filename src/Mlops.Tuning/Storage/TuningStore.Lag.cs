using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    // The sign keeps SQLite from walking all earlier trials by their number.
    internal const string Blocking = """
        SELECT count(*) FROM tuning_trial
        WHERE study_id = @study AND state = 1 AND +number < @number AND (+number < @number - @lag OR proposal = @undecided)
        """;

    // What has been proposed is what later trials see of a trial that runs, so nothing proposed is told from not proposed yet.
    internal const string Undecided = "";

    /// <summary>The trials of consecutive numbers, all of which have finished; at most a page.</summary>
    public async Task<List<HistoryRow>> ReadHistoryByNumberAsync(StudyRow study, long from, long to, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            $"SELECT {StoredRow.HistoryColumns}, number + 1 FROM tuning_trial WHERE study_id = @study AND number >= @from AND number < @to ORDER BY number LIMIT @rows",
            row => StoredRow.ReadHistory(row, study.Directions.Count),
            cancellationToken,
            ("@study", study.Id), ("@from", from), ("@to", to), ("@rows", PageRows)).ConfigureAwait(false);

    /// <summary>What was proposed for trials of consecutive numbers, finished or not.</summary>
    public async Task<List<(int Number, string Proposal)>> ReadProposalsAsync(long study, long from, long to, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            "SELECT number, proposal FROM tuning_trial WHERE study_id = @study AND number >= @from AND number < @to ORDER BY number",
            static row => ((int)row.GetInt64(0), row.GetString(1)),
            cancellationToken,
            ("@study", study), ("@from", from), ("@to", to)).ConfigureAwait(false);

    /// <summary>
    /// Whether a trial of the number is to see one that has not finished, or runs beside one whose values are not chosen yet. A lower number never appears
    /// later, so what does not block it now never will.
    /// </summary>
    private static bool IsBlocked(SqlSession session, AskRequest request, long number) => request.Lag is { } lag && session.QueryFirst(
        Blocking,
        static row => row.GetInt64(0),
        ("@study", request.Study), ("@number", number), ("@lag", (long)lag), ("@undecided", Undecided)) > 0;

    /// <summary>
    /// The same for the next number. When it may begin, the study's row is held: the second look is the one that counts, as it sees what was written before
    /// the lock was had.
    /// </summary>
    private static bool IsNextBlocked(SqlSession session, AskRequest request)
    {
        if (request.Lag is null)
        {
            return false;
        }

        if (LooksBlocked(session, request))
        {
            return true;
        }

        session.Execute("UPDATE tuning_study SET next_number = next_number WHERE id = @study", ("@study", request.Study));
        return LooksBlocked(session, request);
    }

    private static bool LooksBlocked(SqlSession session, AskRequest request)
    {
        long next = session.QueryFirst("SELECT next_number FROM tuning_study WHERE id = @study", static row => row.GetInt64(0), ("@study", request.Study));
        return next < request.Limit && IsBlocked(session, request, next);
    }
}
