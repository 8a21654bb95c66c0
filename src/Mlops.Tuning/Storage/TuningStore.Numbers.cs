using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>How trials get their numbers: one statement moves a study's next one.</summary>
internal sealed partial class TuningStore
{
    internal const string TakeNextNumber = $"""
        UPDATE tuning_study SET next_number = next_number + 1
        WHERE id = @study AND next_number >= @from AND next_number < @limit AND {NothingIsLost}
        RETURNING next_number - 1 AS number, finished
        """;

    // No lease has run out by then: whoever takes a number for something else than a new trial passes over what is lost.
    private const long NeverLost = -1;

    /// <summary>
    /// Holds the study's row until the transaction ends, so that no trial begins or ends beside it. The next number and how many trials have finished; null, and
    /// nothing is held, when the next number is not below the limit.
    /// </summary>
    private static (long Number, long Finished)? HoldStudy(SqlSession session, long study, long limit = long.MaxValue)
    {
        return session.QueryFirst(
            $"SELECT next_number, finished FROM tuning_study WHERE id = @study AND next_number < @limit {session.Dialect.ForUpdate}",
            static row => ((long, long)?)(row.GetInt64(0), row.GetInt64(1)),
            ("@study", study), ("@limit", limit));
    }

    private static (long Number, long Finished)? TakeNumber(SqlSession session, long study, long from = 0, long limit = long.MaxValue, long lost = NeverLost) => session.QueryFirst(
        TakeNextNumber,
        static row => ((long, long)?)(row.GetInt64(0), row.GetInt64(1)),
        ("@study", study), ("@from", from), ("@limit", limit), ("@lost", lost));

    /// <summary>Whether a statement may change several tables. Engines that have locks to hold are those that have round trips to spare.</summary>
    private static bool CanChangeSeveralTables(SqlSession session) => session.Dialect.ForUpdate.Length > 0;
}
