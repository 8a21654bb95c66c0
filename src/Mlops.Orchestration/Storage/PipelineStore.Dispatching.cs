using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>Steps of this process's pipelines that could be claimed now, the most urgent first; of a pool, as many as it has room for.</summary>
    public async Task<List<ReadyStep>> ListReadyAsync(int count, CancellationToken cancellationToken)
    {
        long now = await ReadClockAsync(cancellationToken).ConfigureAwait(false);
        List<(long Urgency, ReadyStep Step)> ready = await _database.QueryAsync(
            _sql.ReadyInPools, ReadReady, cancellationToken, ("@now", now), ("@count", (long)count)).ConfigureAwait(false);
        int needed = count;
        foreach (DueWork due in await _database.QueryAsync(_sql.Due, DueWork.Read, cancellationToken, ("@now", now)).ConfigureAwait(false))
        {
            if (!due.InPools && needed > 0)
            {
                List<(long Urgency, ReadyStep Step)> steps = await _database.QueryAsync(
                    _sql.Ready,
                    ReadReady,
                    cancellationToken,
                    ("@now", now), ("@count", (long)needed), ("@urgency", due.Urgency), ("@version", due.VersionId)).ConfigureAwait(false);
                ready.AddRange(steps);
                needed -= steps.Count;
            }
        }

        return [.. ready.OrderBy(static entry => entry.Urgency).Take(count).Select(static entry => entry.Step)];
    }

    private static (long Urgency, ReadyStep Step) ReadReady(DbDataReader row) =>
        (row.GetInt64(5), new ReadyStep(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt64(3)) { Pool = SharedPool(row.GetString(4)) });

    /// <summary>Claims one step, if it is still as ready as it was when it was listed and its pool has room; else null.</summary>
    public Task<ClaimedStep?> ClaimAsync(string worker, ReadyStep step, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, worker, step),
            static (session, state) => state.Store.Claim(session, state.worker, state.step),
            Durability.Process,
            cancellationToken);

    private ClaimedStep? Claim(SqlSession session, string worker, ReadyStep step)
    {
        // The run before the pool: who holds a pool passes over runs that are held, so that nobody waits in a circle.
        if (Lock(session, step.RunId) is not { IsRunning: true, IsPaused: false } run
            || session.QueryFirst(_sql.KnownRun, ReadRunInfo, ("@run", step.RunId)) is not { } info
            || session.QueryFirst(
                "SELECT pool FROM orchestration_step WHERE run_id = @run AND step_key = @key AND state = 1", static row => row.GetString(0),
                ("@run", step.RunId), ("@key", step.Step)) is not { } pool
            || !HasRoom(session, pool))
        {
            return null;
        }

        ClaimedStep? claimed = run.Claim(info, worker, step);
        if (claimed is not null)
        {
            run.Close();
        }

        return claimed;
    }

    private bool HasRoom(SqlSession session, string pool)
    {
        if (pool.Length == 0)
        {
            return true;
        }

        long? slots = session.QueryFirst(_sql.WaitForPool, static row => (long?)row.GetInt64(0), ("@pool", pool));
        return slots > session.QueryFirst(
            "SELECT count(*) FROM orchestration_step WHERE pool = @pool AND pool <> '' AND state = 2", static row => row.GetInt64(0), ("@pool", pool));
    }

    /// <summary>The limit of a group within one run is nobody else's business.</summary>
    private static string? SharedPool(string pool) => pool.Length == 0 || pool.StartsWith("run/", StringComparison.Ordinal) ? null : pool;
}
