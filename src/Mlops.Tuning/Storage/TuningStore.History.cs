using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    /// <summary>Trials that finished, and pauses as if they had pruned their trial, after the sequence and up to the other, in order; at most a page.</summary>
    public async Task<List<HistoryRow>> ReadHistoryAsync(StudyRow study, long after, long upTo, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            $"""
            SELECT {StoredRow.HistoryColumns}, finish_sequence AS sequence FROM tuning_trial
            WHERE study_id = @study AND finish_sequence > @after AND finish_sequence <= @to
            UNION ALL
            SELECT t.number, 4, NULL, NULL, p.step, p.report, p.parameters, p.violation, p.constraints, p.sequence FROM tuning_pause p JOIN tuning_trial t ON t.id = p.trial_id
            WHERE p.study_id = @study AND p.sequence > @after AND p.sequence <= @to
            ORDER BY sequence LIMIT @rows
            """,
            row => StoredRow.ReadHistory(row, study.Directions.Count),
            cancellationToken,
            ("@study", study.Id), ("@after", after), ("@to", upTo), ("@rows", PageRows)).ConfigureAwait(false);

    // Neither ordered nor limited by number: SQLite would walk all trials of the study by that index, at every ask.
    internal const string Running = """
        SELECT number, proposal FROM tuning_trial WHERE study_id = @study AND state = 1
        UNION ALL
        SELECT number, proposal FROM tuning_trial WHERE study_id = @study AND finish_sequence > @watermark
        """;

    private static readonly Func<DbDataReader, (int Number, string Proposal)> ReadProposal = static row => ((int)row.GetInt64(0), row.GetString(1));

    /// <summary>What was proposed for the earlier trials that had not finished when the given one began; those that have since are read as well.</summary>
    public async Task<List<(int Number, string Proposal)>> ReadRunningAsync(long study, int before, long watermark, CancellationToken cancellationToken) => Earlier(
        before, await _database.QueryAsync(Running, ReadProposal, cancellationToken, ("@study", study), ("@watermark", watermark)).ConfigureAwait(false));

    private static List<(int Number, string Proposal)> Earlier(long before, List<(int Number, string Proposal)> trials)
    {
        trials.RemoveAll(trial => trial.Number >= before);
        trials.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        return trials;
    }

    /// <summary>Keeps what was proposed, so that a later attempt gets the same; false when the trial was lost meanwhile.</summary>
    public Task<bool> ProposeAsync(long trial, long epoch, string proposal, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (trial, epoch, proposal),
            static (session, state) => session.Execute(
                "UPDATE tuning_trial SET proposal = @proposal WHERE id = @trial AND epoch = @epoch AND state = 1",
                ("@proposal", state.proposal), ("@trial", state.trial), ("@epoch", state.epoch)) == 1,
            Durability.Process,
            cancellationToken);
}
