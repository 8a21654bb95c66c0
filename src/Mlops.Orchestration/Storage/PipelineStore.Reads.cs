using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    private const string RunColumns =
        """
        SELECT r.id, r.pipeline, v.graph_hash, r.idempotency_key, r.state, r.failure_kind, r.failed_step, r.error, r.created, r.finished, r.next_seq, r.parameters, r.paused, r.rerun_of, r.urgency, r.schedule, r.only_steps, r.partition_start, r.partition_end, r.partition_of
        FROM orchestration_run r JOIN orchestration_version v ON v.id = r.version_id
        """;

    /// <summary>When the next step of this process's pipelines may be claimed, in the database's time; null when none waits.</summary>
    public async ValueTask<long?> ReadNextWakeAsync(CancellationToken cancellationToken)
    {
        List<long?> rows = await _database.QueryAsync(
            _sql.NextWake, static row => row.IsDBNull(0) ? (long?)null : row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        return rows[0];
    }

    public ValueTask<long> ReadClockAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync(_clock, static (session, clock) => clock.Read(session), cancellationToken);

    public async ValueTask<RunRow?> FindRunAsync(long id, CancellationToken cancellationToken)
    {
        List<RunRow> rows = await _database.QueryAsync(RunColumns + " WHERE r.id = @id", ReadRun, cancellationToken, ("@id", id)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>The run of a pipeline that was started as a rerun of another under a key.</summary>
    public async ValueTask<long?> FindRerunAsync(string pipeline, long source, string key, CancellationToken cancellationToken)
    {
        List<long> rows = await _database.QueryAsync(
            "SELECT id FROM orchestration_run WHERE pipeline = @pipeline AND idempotency_key = @key AND rerun_of = @source",
            static row => row.GetInt64(0),
            cancellationToken,
            ("@pipeline", pipeline), ("@source", source), ("@key", key)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>A page of runs, newest first.</summary>
    public ValueTask<List<RunRow>> ListRunsAsync(string pipeline, long before, int count, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            RunColumns + " WHERE r.pipeline = @pipeline AND r.id < @before ORDER BY r.id DESC LIMIT @count",
            ReadRun,
            cancellationToken,
            ("@pipeline", pipeline), ("@before", before), ("@count", (long)count));

    public ValueTask<List<StepStatus>> ListStepsAsync(long runId, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT step_key, CASE WHEN state = 1 AND question IS NOT NULL THEN 8 ELSE state END, attempt, failures, lost, error, started, finished, progress, message FROM orchestration_step
            WHERE run_id = @run ORDER BY ordinal, step_key
            """,
            static row => new StepStatus(row.GetString(0), (StepState)row.GetInt64(1))
            {
                Attempts = (int)row.GetInt64(2),
                Failures = (int)row.GetInt64(3),
                LostAttempts = (int)row.GetInt64(4),
                Error = row.IsDBNull(5) ? null : row.GetString(5),
                StartedAt = Time(row, 6),
                FinishedAt = Time(row, 7),
                Progress = row.IsDBNull(8) ? null : row.GetDouble(8),
                Message = row.IsDBNull(9) ? null : row.GetString(9),
            },
            cancellationToken,
            ("@run", runId));

    /// <summary>A page of the log.</summary>
    public ValueTask<List<RunEvent>> ReadEventsAsync(long runId, long from, int count, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT run_id, seq, at, kind, step_key, attempt, epoch, value, detail FROM orchestration_event
            WHERE run_id = @run AND seq >= @from ORDER BY seq LIMIT @count
            """,
            RunEventReader.Read,
            cancellationToken,
            ("@run", runId), ("@from", from), ("@count", (long)count));

    /// <summary>The result of one step.</summary>
    public async ValueTask<StepResultRow?> FindResultAsync(long runId, string key, CancellationToken cancellationToken)
    {
        List<StepResultRow> rows = await _database.QueryAsync(
            """
            SELECT s.step_key, s.state, s.error, e.payload, e.content_hash, e.content_length
            FROM orchestration_step s LEFT JOIN orchestration_event e ON e.run_id = s.run_id AND e.seq = s.result_seq
            WHERE s.run_id = @run AND s.step_key = @key
            """,
            ReadResult,
            cancellationToken,
            ("@run", runId), ("@key", key)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>The result of the last round of a loop.</summary>
    public async ValueTask<StepResultRow?> FindLastResultAsync(long runId, string loop, CancellationToken cancellationToken)
    {
        List<StepResultRow> rows = await _database.QueryAsync(
            """
            SELECT s.step_key, s.state, s.error, e.payload, e.content_hash, e.content_length
            FROM orchestration_step s LEFT JOIN orchestration_event e ON e.run_id = s.run_id AND e.seq = s.result_seq
            WHERE s.run_id = @run AND s.step_key > @from AND s.step_key < @to ORDER BY s.ordinal DESC, s.step_key DESC LIMIT 1
            """,
            ReadResult,
            cancellationToken,
            ("@run", runId), ("@from", loop + "["), ("@to", loop + "\\")).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>The results of a group's steps in the order of its items.</summary>
    public ValueTask<List<StepResultRow>> ListResultsAsync(long runId, string group, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT s.step_key, s.state, s.error, e.payload, e.content_hash, e.content_length
            FROM orchestration_step s LEFT JOIN orchestration_event e ON e.run_id = s.run_id AND e.seq = s.result_seq
            WHERE s.run_id = @run AND s.step_key > @from AND s.step_key < @to ORDER BY s.ordinal, s.step_key
            """,
            ReadResult,
            cancellationToken,
            ("@run", runId), ("@from", group + "["), ("@to", group + "\\"));

    private static StepResultRow ReadResult(DbDataReader row) => new(
        row.GetString(0),
        (StepState)row.GetInt64(1),
        row.IsDBNull(2) ? null : row.GetString(2),
        new StoredPayload(
            row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3),
            row.IsDBNull(4) ? null : row.GetString(4),
            row.IsDBNull(5) ? 0 : row.GetInt64(5)));

    private static RunRow ReadRun(DbDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetString(2),
        row.IsDBNull(3) ? null : row.GetString(3),
        (PipelineRunState)row.GetInt64(4),
        row.IsDBNull(5) ? null : (RunFailureKind)row.GetInt64(5),
        row.IsDBNull(6) ? null : row.GetString(6),
        row.IsDBNull(7) ? null : row.GetString(7),
        UnixMicroseconds.ToTime(row.GetInt64(8)),
        Time(row, 9),
        row.GetInt64(10) - 1,
        row.GetFieldValue<byte[]>(11),
        Time(row, 12),
        row.IsDBNull(13) ? null : row.GetInt64(13),
        (RunPriority)(2 - row.GetInt64(14)),
        row.IsDBNull(15) ? null : row.GetString(15),
        row.IsDBNull(16) ? null : row.GetString(16),
        row.IsDBNull(17) ? null : new DataInterval(UnixMicroseconds.ToTime(row.GetInt64(17)), UnixMicroseconds.ToTime(row.GetInt64(18))),
        row.IsDBNull(19) ? null : row.GetString(19));

    private static DateTimeOffset? Time(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : UnixMicroseconds.ToTime(row.GetInt64(column));
}
