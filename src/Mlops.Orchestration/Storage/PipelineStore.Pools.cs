using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    public Task<int> SetPoolAsync(string name, int slots, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (name, slots),
            static (session, state) => session.Execute(
                """
                INSERT INTO orchestration_pool (name, slots) VALUES (@name, @slots)
                ON CONFLICT (name) DO UPDATE SET slots = excluded.slots
                """,
                ("@name", state.name), ("@slots", (long)state.slots)),
            Durability.Process,
            cancellationToken);

    public ValueTask<List<PoolStatus>> ListPoolsAsync(CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT p.name, p.slots, (SELECT count(*) FROM orchestration_step s WHERE s.pool = p.name AND s.pool <> '' AND s.state = 2)
            FROM orchestration_pool p WHERE NOT (p.name >= 'run/' AND p.name < 'run0')
            ORDER BY p.name
            """,
            static row => new PoolStatus(row.GetString(0), (int)row.GetInt64(1), (int)row.GetInt64(2)),
            cancellationToken);

    /// <summary>Claims steps of the pool for which the most urgent run waits, as many as it has room for.</summary>
    private List<ClaimedStep> ClaimFromPool(SqlSession session, string worker, int count, long now)
    {
        (string Pool, long Run)? waiting = session.QueryFirst(
            _sql.PickPool, static row => ((string, long)?)(row.GetString(0), row.GetInt64(1)), ("@now", now));
        if (waiting is not { } next
            || session.QueryFirst(_sql.LockPool, static row => (long?)row.GetInt64(0), ("@pool", next.Pool)) is not { } slots)
        {
            return [];
        }

        // Only who holds the pool's row takes slots of it, so that this count can only fall until the claim is committed.
        long used = session.QueryFirst(
            "SELECT count(*) FROM orchestration_step WHERE pool = @pool AND pool <> '' AND state = 2", static row => row.GetInt64(0), ("@pool", next.Pool));
        if (used >= slots
            || session.QueryFirst(_sql.PickRunById, ReadRunInfo, ("@run", next.Run)) is not { } picked
            || RunTransaction.Lock(session, _sql, _outbox, next.Run, now) is not { IsRunning: true, IsPaused: false } run)
        {
            return [];
        }

        List<ClaimedStep> steps = run.Claim(picked, worker, (int)long.Min(count, slots - used), next.Pool);
        run.Close();
        return steps;
    }
}
