using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>Stores a backfill of a schedule that is known, here or on the database; null when it is not.</summary>
    public Task<long?> AddBackfillAsync(
        string schedule, bool isKnown, DateTimeOffset from, DateTimeOffset to, BackfillOptions options, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, schedule, isKnown, From: UnixMicroseconds.From(from), To: UnixMicroseconds.From(to), options),
            static (session, state) =>
            {
                long? added = session.QueryFirst(
                    """
                    INSERT INTO orchestration_backfill
                        (schedule, idempotency_key, from_time, to_time, partitions, maximum_active, urgency, state, dealt_with, started, created)
                    SELECT @schedule, @key, @from, @to, @partitions, @active, @urgency, 1, @from, 0, @now
                    WHERE @known = 1 OR EXISTS (SELECT 1 FROM orchestration_schedule WHERE name = @schedule)
                    ON CONFLICT (schedule, idempotency_key) DO NOTHING
                    RETURNING id
                    """,
                    static row => (long?)row.GetInt64(0),
                    ("@key", state.options.IdempotencyKey), ("@from", state.From), ("@to", state.To), ("@partitions", (long)state.options.Partitions),
                    ("@active", (long)state.options.MaximumActive), ("@urgency", (long)(RunPriority.High - state.options.Priority)),
                    ("@now", state.Store._clock.Read(session)), ("@schedule", state.schedule), ("@known", state.isKnown));
                return added ?? session.QueryFirst(
                    "SELECT id FROM orchestration_backfill WHERE schedule = @schedule AND idempotency_key = @key",
                    static row => (long?)row.GetInt64(0),
                    ("@schedule", state.schedule), ("@key", state.options.IdempotencyKey));
            },
            Durability.Process,
            cancellationToken);

    public async Task<BackfillStatus?> FindBackfillAsync(long id, CancellationToken cancellationToken)
    {
        List<BackfillStatus> rows = await _database.QueryAsync(
            "SELECT id, schedule, from_time, to_time, state, dealt_with, started FROM orchestration_backfill WHERE id = @id",
            static row => new BackfillStatus(
                row.GetInt64(0), row.GetString(1), new DataInterval(UnixMicroseconds.ToTime(row.GetInt64(2)), UnixMicroseconds.ToTime(row.GetInt64(3))),
                (BackfillState)row.GetInt64(4), UnixMicroseconds.ToTime(row.GetInt64(5)), row.GetInt64(6)),
            cancellationToken,
            ("@id", id)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    public ValueTask<List<BackfillRow>> ListOpenBackfillsAsync(string schedule, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT b.id, b.from_time, b.to_time, b.partitions, b.maximum_active, b.dealt_with, b.urgency,
                (SELECT count(*) FROM orchestration_run r WHERE r.backfill = b.id AND r.state = 1)
            FROM orchestration_backfill b WHERE b.schedule = @schedule AND b.state = 1 ORDER BY b.id LIMIT 100
            """,
            static row => new BackfillRow(
                row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), (BackfillPartitions)row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7)),
            cancellationToken,
            ("@schedule", schedule));

    /// <summary>The latest run of each partition of a schedule whose end lies in a range, by that end.</summary>
    public async Task<Dictionary<long, PartitionRun>> ListPartitionRunsAsync(
        string pipeline, string schedule, DateTimeOffset first, DateTimeOffset last, CancellationToken cancellationToken)
    {
        List<(long End, PartitionRun Run)> rows = await _database.QueryAsync(
            """
            WITH known AS (
                SELECT partition_end, id, state, version_id FROM orchestration_run
                WHERE partition_of = @schedule AND partition_end >= @first AND partition_end <= @last AND pipeline = @pipeline
                UNION ALL
                SELECT partition_end, run_id, state, version_id FROM orchestration_partition
                WHERE partition_of = @schedule AND partition_end >= @first AND partition_end <= @last AND pipeline = @pipeline)
            SELECT partition_end, state, version_id FROM (
                SELECT partition_end, state, version_id, row_number() OVER (PARTITION BY partition_end ORDER BY id DESC) AS place FROM known) AS runs
            WHERE place = 1 ORDER BY partition_end
            """,
            static row => (row.GetInt64(0), new PartitionRun((PipelineRunState)row.GetInt64(1), row.GetInt64(2))),
            cancellationToken,
            ("@schedule", schedule), ("@first", UnixMicroseconds.From(first)), ("@last", UnixMicroseconds.From(last)), ("@pipeline", pipeline)).ConfigureAwait(false);
        return rows.ToDictionary(static row => row.End, static row => row.Run);
    }

    /// <summary>Starts the run of a partition and moves the backfill there, if it still stands where the caller saw it and has room; else null.</summary>
    public Task<long?> StartPartitionAsync(NewRun run, long cursor, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, run, cursor),
            static (session, state) =>
            {
                int moved = session.Execute(
                    """
                    UPDATE orchestration_backfill SET dealt_with = @end, started = started + 1
                    WHERE id = @id AND state = 1 AND dealt_with = @cursor
                        AND maximum_active > (SELECT count(*) FROM orchestration_run r WHERE r.backfill = @id AND r.state = 1)
                    """,
                    ("@end", UnixMicroseconds.From(state.run.Partition!.Value.End)), ("@id", state.run.Backfill), ("@cursor", state.cursor));
                return moved == 1 ? state.Store.Start(session, state.run, plan: null).Id : (long?)null;
            },
            Durability.Process,
            cancellationToken);

    /// <summary>Moves a backfill past partitions that it does not run.</summary>
    public Task<int> PassPartitionsAsync(long id, long cursor, long upTo, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (id, cursor, upTo),
            static (session, state) => session.Execute(
                "UPDATE orchestration_backfill SET dealt_with = @upto WHERE id = @id AND state = 1 AND dealt_with = @cursor",
                ("@upto", state.upTo), ("@id", state.id), ("@cursor", state.cursor)),
            Durability.Process,
            cancellationToken);

    public Task<bool> ChangeBackfillAsync(long id, BackfillState from, BackfillState to, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (id, from, to),
            static (session, state) => session.Execute(
                "UPDATE orchestration_backfill SET state = @to WHERE id = @id AND state = @from",
                ("@to", (long)state.to), ("@id", state.id), ("@from", (long)state.from)) == 1,
            Durability.Process,
            cancellationToken);
}
