using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    // The sign keeps SQLite from walking all earlier trials by their number.
    internal const string Blocking = "SELECT count(*) FROM tuning_trial WHERE study_id = @study AND state = 1 AND +number < @number - @lag";

    /// <summary>The trials of consecutive numbers, all of which have finished; at most a page.</summary>
    public async Task<List<HistoryRow>> ReadHistoryByNumberAsync(StudyRow study, long from, long to, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            $"SELECT {StoredRow.HistoryColumns}, number + 1 FROM tuning_trial WHERE study_id = @study AND number >= @from AND number < @to ORDER BY number LIMIT @rows",
            row => StoredRow.ReadHistory(row, study.Directions.Count),
            cancellationToken,
            ("@study", study.Id), ("@from", from), ("@to", to), ("@rows", PageRows)).ConfigureAwait(false);

    /// <summary>Whether a trial of the number is to see one that has not finished. A lower number never appears later, so what does not block it now never will.</summary>
    private static bool IsBlocked(SqlSession session, AskRequest request, long number) => request.Lag is { } lag && session.QueryFirst(
        Blocking, static row => row.GetInt64(0), ("@study", request.Study), ("@number", number), ("@lag", (long)lag)) > 0;
}
