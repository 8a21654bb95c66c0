namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    internal const int OutcomePage = 200;

    // Begins with the few trials of the stretch, instead of looking for them among all.
    internal const string OutcomeReports = """
        SELECT t.number, r.points
        FROM (
            SELECT id, number FROM tuning_trial WHERE study_id = @study AND finish_sequence > @after AND finish_sequence <= @to
            UNION
            SELECT p.trial_id, f.number FROM tuning_pause p JOIN tuning_trial f ON f.id = p.trial_id
            WHERE p.study_id = @study AND p.sequence > @after AND p.sequence <= @to) t
        JOIN tuning_report r ON r.trial_id = t.id
        ORDER BY t.number, r.chunk
        """;

    // In no order: SQLite would walk all trials by their number for one.
    internal const string Reporting = "SELECT id, number, epoch, report_chunks FROM tuning_trial WHERE study_id = @study AND state = 1";

    /// <summary>What has ended or paused after a place in the study's order; at most a page.</summary>
    public async Task<List<TrialOutcome>> ReadOutcomesAsync(StudyRow study, long after, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            """
            SELECT finish_sequence AS sequence, number, state, value, further_values, violation, NULL, epoch FROM tuning_trial
            WHERE study_id = @study AND finish_sequence > @after
            UNION ALL
            SELECT p.sequence, t.number, 2, NULL, NULL, p.violation, p.judged_step, t.epoch FROM tuning_pause p JOIN tuning_trial t ON t.id = p.trial_id
            WHERE p.study_id = @study AND p.sequence > @after
            ORDER BY sequence LIMIT @rows
            """,
            row => StoredRow.ReadOutcome(row, study.Directions.Count),
            cancellationToken,
            ("@study", study.Id), ("@after", after), ("@rows", OutcomePage)).ConfigureAwait(false);

    /// <summary>The stored reports of all trials that ended or paused in a stretch of the order, oldest chunks first.</summary>
    public async Task<List<(int Number, byte[] Points)>> ReadOutcomeReportsAsync(long study, long after, long to, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            OutcomeReports,
            static row => ((int)row.GetInt64(0), row.GetFieldValue<byte[]>(1)),
            cancellationToken,
            ("@study", study), ("@after", after), ("@to", to)).ConfigureAwait(false);

    /// <summary>Running trials and how many chunks of reports are stored of each.</summary>
    public async Task<List<RunningReports>> ReadRunningReportsAsync(long study, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            Reporting,
            static row => new RunningReports(row.GetInt64(0), (int)row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)),
            cancellationToken,
            ("@study", study)).ConfigureAwait(false);

    public async Task<List<byte[]>> ReadChunksAsync(long trial, long after, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            "SELECT points FROM tuning_report WHERE trial_id = @trial AND chunk > @after ORDER BY chunk",
            static row => row.GetFieldValue<byte[]>(0),
            cancellationToken,
            ("@trial", trial), ("@after", after)).ConfigureAwait(false);
}
