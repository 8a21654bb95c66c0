using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    // The columns of ReadHistoryRow, in its order.
    private const string HistoryColumns = "number, state, value, further_values, last_step, last_report, parameters, violation, constraints";

    /// <summary>Trials that finished, and pauses as if they had pruned their trial, after the sequence and up to the other, in order; at most a page.</summary>
    public async Task<List<HistoryRow>> ReadHistoryAsync(long study, long after, long upTo, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            $"""
            SELECT {HistoryColumns}, finish_sequence AS sequence FROM tuning_trial
            WHERE study_id = @study AND finish_sequence > @after AND finish_sequence <= @to
            UNION ALL
            SELECT t.number, 4, NULL, NULL, p.step, p.report, p.parameters, p.violation, p.constraints, p.sequence FROM tuning_pause p JOIN tuning_trial t ON t.id = p.trial_id
            WHERE p.study_id = @study AND p.sequence > @after AND p.sequence <= @to
            ORDER BY sequence LIMIT @rows
            """,
            static row => ReadHistoryRow(row),
            cancellationToken,
            ("@study", study), ("@after", after), ("@to", upTo), ("@rows", PageRows)).ConfigureAwait(false);

    /// <summary>What was proposed for the earlier trials that had not finished when the given one began; those that have since are read as well.</summary>
    public async Task<List<(int Number, string Proposal)>> ReadRunningAsync(long study, int before, long watermark, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            """
            SELECT number, proposal FROM tuning_trial WHERE study_id = @study AND state = 1 AND number < @before
            UNION ALL
            SELECT number, proposal FROM tuning_trial WHERE study_id = @study AND finish_sequence > @watermark AND number < @before
            ORDER BY number
            """,
            static row => ((int)row.GetInt64(0), row.GetString(1)),
            cancellationToken,
            ("@study", study), ("@before", before), ("@watermark", watermark)).ConfigureAwait(false);

    /// <summary>Keeps what was proposed, so that a later attempt gets the same; false when the trial was lost meanwhile.</summary>
    public Task<bool> ProposeAsync(long trial, long epoch, string proposal, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (trial, epoch, proposal),
            static (session, state) => session.Execute(
                "UPDATE tuning_trial SET proposal = @proposal WHERE id = @trial AND epoch = @epoch AND state = 1",
                ("@proposal", state.proposal), ("@trial", state.trial), ("@epoch", state.epoch)) == 1,
            Durability.Process,
            cancellationToken);

    private static HistoryRow ReadHistoryRow(DbDataReader row) => new(
        (int)row.GetInt64(0),
        (TrialState)row.GetInt64(1),
        row.IsDBNull(2) ? [] : ObjectiveValues.Read(row.GetDouble(2), row.IsDBNull(3) ? null : row.GetString(3)),
        row.IsDBNull(4) ? null : new TrialReport((int)row.GetInt64(4), BitConverter.Int64BitsToDouble(row.GetInt64(5))),
        ParameterJson.Read(row.GetString(6)),
        row.IsDBNull(7) ? 0 : row.GetDouble(7),
        row.IsDBNull(8) ? double.NaN : ConstraintValues.Read(row.GetString(8)).Values.Max());
}
