using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>The result that is known under a key.</summary>
    public async ValueTask<CachedResult?> FindCachedAsync(string key, CancellationToken cancellationToken)
    {
        List<CachedResult> rows = await _database.QueryAsync(
            """
            SELECT c.run_id, c.step_key, c.seq, c.expires, e.payload, e.content_hash, e.content_length
            FROM orchestration_cache c JOIN orchestration_event e ON e.run_id = c.run_id AND e.seq = c.seq
            WHERE c.cache_key = @key
            """,
            static row => new CachedResult(
                row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3),
                new StoredPayload(
                    row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4), row.IsDBNull(5) ? null : row.GetString(5), row.IsDBNull(6) ? 0 : row.GetInt64(6))),
            cancellationToken,
            ("@key", key)).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>The artifacts that a step has stored.</summary>
    public ValueTask<List<string>> ListArtifactsAsync(long runId, string key, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            "SELECT hash FROM orchestration_artifact WHERE run_id = @run AND step_key = @key ORDER BY hash",
            static row => row.GetString(0),
            cancellationToken,
            ("@run", runId), ("@key", key));

    /// <summary>Makes an attempt the one that works on a key, unless one that still runs does already, or it has lost its own step.</summary>
    public Task<bool> TryLeadAsync(ClaimedStep step, string key, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (step, key),
            static (session, state) => session.QueryFirst(
                $"""
                INSERT INTO orchestration_cache_flight (cache_key, run_id, step_key, epoch)
                SELECT @key, @run, @step, @epoch WHERE EXISTS (
                    SELECT 1 FROM orchestration_step WHERE run_id = @run AND step_key = @step AND epoch = @epoch AND state = 2)
                ON CONFLICT (cache_key) DO UPDATE SET run_id = excluded.run_id, step_key = excluded.step_key, epoch = excluded.epoch
                WHERE {OrchestrationSql.IsLeft}
                RETURNING epoch
                """,
                static row => (long?)row.GetInt64(0),
                ("@key", state.key), ("@run", state.step.Run.Id), ("@step", state.step.Key), ("@epoch", state.step.Epoch)) is not null,
            Durability.Process,
            cancellationToken);

    /// <summary>What a step found in the cache, beside what it was compared with: the last run before that looked for the same step.</summary>
    public async ValueTask<CacheExplanation?> ExplainAsync(long runId, string key, CancellationToken cancellationToken)
    {
        List<(long Run, CacheOutcome Outcome, string Key, string Parts, long? From)> rows = await _database.QueryAsync(
            """
            SELECT u.run_id, u.outcome, u.cache_key, u.parts, u.from_run FROM orchestration_cache_use u
            JOIN orchestration_run r ON r.id = @run AND r.pipeline = u.pipeline
            WHERE u.step_key = @key AND u.run_id <= @run ORDER BY u.run_id DESC LIMIT 2
            """,
            static row => (row.GetInt64(0), (CacheOutcome)row.GetInt64(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? (long?)null : row.GetInt64(4)),
            cancellationToken,
            ("@run", runId), ("@key", key)).ConfigureAwait(false);
        if (rows.Count == 0 || rows[0].Run != runId)
        {
            return null;
        }

        return new CacheExplanation(rows[0].Outcome, rows[0].Key)
        {
            FromRun = rows[0].From,
            ComparedWith = rows.Count == 1 ? null : rows[1].Run,
            Changes = rows.Count == 1 ? [] : CacheKey.Compare(rows[0].Parts, rows[1].Parts),
        };
    }
}
