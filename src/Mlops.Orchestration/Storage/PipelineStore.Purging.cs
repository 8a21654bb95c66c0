using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// Removal for good, in steps that each leave the database whole: the run's own row goes first, under the lock that everybody takes who copies from the run, and with it
/// the run is gone for all; then its other rows, a slice at a time. Whoever comes next goes on with what is left.
/// </summary>
internal sealed partial class PipelineStore
{
    private const int RowsPerSlice = 1_024;

    // Each removes at most @rows rows of @run. The steps come last: what is found by their keys goes with them.
    private static readonly string[] Slices =
    [
        "DELETE FROM orchestration_event WHERE run_id = @run AND seq IN (SELECT seq FROM orchestration_event WHERE run_id = @run ORDER BY seq LIMIT @rows)",
        """
        DELETE FROM orchestration_log WHERE run_id = @run AND (step_key, attempt, line) IN
            (SELECT step_key, attempt, line FROM orchestration_log WHERE run_id = @run ORDER BY step_key, attempt, line LIMIT @rows)
        """,
        """
        DELETE FROM orchestration_memo WHERE run_id = @run AND (step_key, name) IN
            (SELECT step_key, name FROM orchestration_memo WHERE run_id = @run ORDER BY step_key, name LIMIT @rows)
        """,
        """
        DELETE FROM orchestration_data WHERE run_id = @run AND (step_key, item) IN
            (SELECT step_key, item FROM orchestration_data WHERE run_id = @run ORDER BY step_key, item LIMIT @rows)
        """,
        """
        DELETE FROM orchestration_decision WHERE run_id = @run AND step_key IN
            (SELECT step_key FROM orchestration_decision WHERE run_id = @run ORDER BY step_key LIMIT @rows)
        """,
    ];

    /// <summary>A page of runs that are over, the latest first, without those that the cache keeps now: of them there may be many, and for long.</summary>
    public ValueTask<List<(long Finished, long Id)>> ListEndedAsync((long Finished, long Id) last, long now, int count, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            $"""
            SELECT finished, id FROM orchestration_run r
            WHERE finished IS NOT NULL AND finished <= @finished AND (finished < @finished OR id < @id) AND NOT {IsCached("r.id")}
            ORDER BY finished DESC, id DESC LIMIT @count
            """,
            static row => (row.GetInt64(0), row.GetInt64(1)),
            cancellationToken,
            ("@finished", last.Finished), ("@id", last.Id), ("@now", now), ("@count", (long)count));

    /// <summary>Runs of which rows are left, of this process or one that ended before it was done.</summary>
    public ValueTask<List<long>> ListPurgedAsync(int count, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            "SELECT run_id FROM orchestration_purge ORDER BY run_id LIMIT @count", static row => row.GetInt64(0), cancellationToken, ("@count", (long)count));

    /// <summary>Takes a run away from everybody, unless something needs it.</summary>
    public Task<bool> TryPurgeAsync(long runId, long before, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId, before),
            static (session, state) => state.Store.TryPurge(session, state.runId, state.before),
            Durability.Process,
            cancellationToken);

    /// <summary>Removes a slice of a run that was taken away; true when nothing of it is left, null when that was so before.</summary>
    public Task<bool?> RemoveSliceAsync(long runId, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId), static (session, state) => state.Store.RemoveSlice(session, state.runId), Durability.Process, cancellationToken);

    /// <summary>Removes some results that expired until then; false when there were no more.</summary>
    public Task<bool> RemoveExpiredAsync(long before, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            before,
            static (session, before) => session.Execute(
                """
                DELETE FROM orchestration_cache WHERE expires IS NOT NULL AND expires <= @before AND cache_key IN
                    (SELECT cache_key FROM orchestration_cache WHERE expires IS NOT NULL AND expires <= @before ORDER BY expires, cache_key LIMIT @rows)
                """,
                ("@before", before), ("@rows", (long)RowsPerSlice)) == RowsPerSlice,
            Durability.Process,
            cancellationToken);

    /// <summary>Removes entries of attempts that no longer work on their key; the last key it has looked at, or null when there are no more.</summary>
    public Task<string?> RemoveFlightsAsync(string after, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, after),
            static (session, state) =>
            {
                List<string> keys = session.Query(
                    state.Store._sql.LeftFlights, static row => row.GetString(0), ("@after", state.after), ("@count", (long)RowsPerSlice));
                foreach (string key in keys)
                {
                    // Once more, under the lock: it sees who began to work on the key until the lock was had.
                    session.Execute($"DELETE FROM orchestration_cache_flight WHERE cache_key = @key AND {OrchestrationSql.IsLeft}", ("@key", key));
                }

                return keys.Count == RowsPerSlice ? keys[^1] : null;
            },
            Durability.Process,
            cancellationToken);

    private bool TryPurge(SqlSession session, long runId, long before)
    {
        (string Pipeline, string? Schedule, long? End, long State, long Version)? found = session.QueryFirst(
            _sql.EndedRun,
            static row => ((string, string?, long?, long, long)?)(
                row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? null : row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)),
            ("@run", runId), ("@before", before));
        if (found is not { } run || IsNeeded(session, runId))
        {
            return false;
        }

        if (run is { Schedule: { } schedule, End: { } end })
        {
            // A backfill must not take the partition for one that has never run.
            session.Execute(
                """
                INSERT INTO orchestration_partition (partition_of, pipeline, partition_end, run_id, state, version_id)
                VALUES (@schedule, @pipeline, @end, @run, @state, @version)
                ON CONFLICT (partition_of, pipeline, partition_end) DO UPDATE SET run_id = excluded.run_id, state = excluded.state, version_id = excluded.version_id
                WHERE orchestration_partition.run_id < excluded.run_id
                """,
                ("@schedule", schedule), ("@pipeline", run.Pipeline), ("@end", end), ("@run", runId), ("@state", run.State), ("@version", run.Version));
        }

        session.Execute("DELETE FROM orchestration_cache WHERE run_id = @run", ("@run", runId));
        session.Execute("DELETE FROM orchestration_run WHERE id = @run", ("@run", runId));
        session.Execute("INSERT INTO orchestration_purge (run_id, pipeline) VALUES (@run, @pipeline)", ("@run", runId), ("@pipeline", run.Pipeline));
        return true;
    }

    private static string IsCached(string run) => $"EXISTS (SELECT 1 FROM orchestration_cache c WHERE c.run_id = {run} AND (c.expires IS NULL OR c.expires > @now))";

    /// <summary>Whether later runs may take its results over, or have read what it made.</summary>
    private bool IsNeeded(SqlSession session, long runId) => session.QueryFirst(
        $"""
        SELECT CAST(1 AS bigint) WHERE {IsCached("@run")}
            OR EXISTS (
                SELECT 1 FROM orchestration_artifact a
                JOIN orchestration_data d ON d.digest = a.hash AND d.is_output = 0 AND d.run_id > @run
                JOIN orchestration_run r ON r.id = d.run_id
                WHERE a.run_id = @run)
            OR EXISTS (
                SELECT 1 FROM orchestration_data a
                JOIN orchestration_data d ON d.digest = a.digest AND d.is_output = 0 AND d.run_id > @run
                JOIN orchestration_run r ON r.id = d.run_id
                WHERE a.run_id = @run AND a.is_output = 1)
        """,
        static row => (long?)row.GetInt64(0),
        ("@run", runId), ("@now", _clock.Read(session))) is not null;

    private bool? RemoveSlice(SqlSession session, long runId)
    {
        if (session.QueryFirst(_sql.PurgedRun, static row => row.GetString(0), ("@run", runId)) is not { } pipeline)
        {
            return null;
        }

        int left = RowsPerSlice - RemoveArtifacts(session, runId);
        foreach (string slice in Slices)
        {
            if (left <= 0)
            {
                return false;
            }

            left -= session.Execute(slice, ("@run", runId), ("@rows", (long)left));
        }

        if (left <= 0)
        {
            return false;
        }

        const string Steps = "(SELECT step_key FROM orchestration_step WHERE run_id = @run ORDER BY step_key LIMIT @rows)";
        session.Execute(
            $"DELETE FROM orchestration_cache_use WHERE pipeline = @pipeline AND run_id = @run AND step_key IN {Steps}",
            ("@pipeline", pipeline), ("@run", runId), ("@rows", (long)left));
        if (session.Execute($"DELETE FROM orchestration_step WHERE run_id = @run AND step_key IN {Steps}", ("@run", runId), ("@rows", (long)left)) == left)
        {
            return false;
        }

        session.Execute("DELETE FROM orchestration_purge WHERE run_id = @run", ("@run", runId));
        return true;
    }

    private static int RemoveArtifacts(SqlSession session, long runId)
    {
        List<(string Step, string Hash)> artifacts = session.Query(
            "SELECT step_key, hash FROM orchestration_artifact WHERE run_id = @run ORDER BY step_key, hash LIMIT @rows",
            static row => (row.GetString(0), row.GetString(1)),
            ("@run", runId), ("@rows", (long)RowsPerSlice));
        foreach ((string step, string hash) in artifacts)
        {
            ArtifactCatalog.RemoveReference(session, ContentHash.Parse(hash), RunTransaction.OwnerOf(runId, step));
            session.Execute(
                "DELETE FROM orchestration_artifact WHERE run_id = @run AND step_key = @step AND hash = @hash", ("@run", runId), ("@step", step), ("@hash", hash));
        }

        return artifacts.Count;
    }
}
