namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    internal const string History = $"""
        SELECT {StoredRow.HistoryColumns}, finish_sequence AS sequence FROM tuning_trial
        WHERE study_id = @study AND finish_sequence > @after AND finish_sequence <= @to
        UNION ALL
        SELECT t.number, 4, NULL, NULL, p.step, p.report, p.parameters, p.violation, p.constraints, p.sequence FROM tuning_pause p JOIN tuning_trial t ON t.id = p.trial_id
        WHERE p.study_id = @study AND p.sequence > @after AND p.sequence <= @to
        ORDER BY sequence LIMIT @rows
        """;

    /// <summary>Trials that finished, and pauses as if they had pruned their trial, after the sequence and up to the other, in order; at most a page.</summary>
    public async Task<List<HistoryRow>> ReadHistoryAsync(StudyRow study, long after, long upTo, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            History,
            row => StoredRow.ReadHistory(row, study.Directions.Count),
            cancellationToken,
            ("@study", study.Id), ("@after", after), ("@to", upTo), ("@rows", PageRows)).ConfigureAwait(false);
}
