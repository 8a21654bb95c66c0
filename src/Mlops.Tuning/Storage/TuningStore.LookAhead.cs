using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>What the next trial will be and what it is to see, so that its values can be chosen before it exists.</summary>
internal sealed partial class TuningStore
{
    // A trial that somebody has lost goes before new ones.
    private const string NothingIsLost = "NOT EXISTS (SELECT 1 FROM tuning_trial WHERE study_id = @study AND state = 1 AND lease_until <= @lost)";

    internal const string Next = $"""
        SELECT CASE WHEN {NothingIsLost} AND NOT EXISTS (SELECT 1 FROM tuning_trial WHERE study_id = @study AND ask_key = @key) THEN next_number ELSE -1 END, finished
        FROM tuning_study WHERE id = @study
        """;

    // Neither ordered nor limited by number: SQLite would walk all trials of the study by that index, at every ask.
    internal const string Running = """
        SELECT number, proposal FROM tuning_trial WHERE study_id = @study AND state = 1
        UNION ALL
        SELECT number, proposal FROM tuning_trial WHERE study_id = @study AND finish_sequence > @watermark
        """;

    private const string Between = "SELECT number, proposal FROM tuning_trial WHERE study_id = @study AND number >= @from AND number < @to";

    /// <summary>What the ask would find.</summary>
    public async Task<AskOutlook> LookAheadAsync(AskRequest request, CancellationToken cancellationToken) => await _database.ReadAsync(
        request,
        static (session, request) =>
        {
            (long number, long watermark) = session.QueryFirst(
                Next, static row => (row.GetInt64(0), row.GetInt64(1)), ("@study", request.Study), ("@lost", request.Clock.Read(session)), ("@key", request.Key));
            return number < 0 || number >= request.Limit ? new AskOutlook(number, watermark, [])
                : IsBlocked(session, request, number) ? new AskOutlook(number, watermark, []) { IsBlocked = true }
                : new AskOutlook(number, watermark, ReadEarlier(session, request.Study, request.Lag, number, watermark));
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// What was proposed for the trials before the given one that it does not see finished: those that had not when it began, some of which may have since, or as many
    /// as the lag says. By number.
    /// </summary>
    public async Task<List<(int Number, string Proposal)>> ReadEarlierAsync(StudyRow study, long number, long watermark, CancellationToken cancellationToken) => await _database.ReadAsync(
        (study, number, watermark),
        static (session, state) => ReadEarlier(session, state.study.Id, state.study.Lag, state.number, state.watermark),
        cancellationToken).ConfigureAwait(false);

    private static List<(int Number, string Proposal)> ReadEarlier(SqlSession session, long study, int? lag, long number, long watermark)
    {
        List<(int Number, string Proposal)> trials = lag is { } distance
            ? session.Query(Between, ReadProposal, ("@study", study), ("@from", Math.Max(0, number - distance)), ("@to", number))
            : session.Query(Running, ReadProposal, ("@study", study), ("@watermark", watermark));
        trials.RemoveAll(trial => trial.Number >= number);
        trials.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        return trials;
    }

    private static (int Number, string Proposal) ReadProposal(DbDataReader row) => ((int)row.GetInt64(0), row.GetString(1));
}
