using System.Globalization;

namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    private HashSet<string>? _entered;

    /// <summary>What the names of a run's own pools begin with; '/' is no letter of a name that users give.</summary>
    public static string PoolsOf(long runId) => string.Create(CultureInfo.InvariantCulture, $"run/{runId}/");

    /// <summary>Prepares the pools that steps of the run will wait for.</summary>
    public void EnterPools(PipelineGraph graph)
    {
        // In one order everywhere: two starts that create the same pools must not wait for each other.
        foreach (PipelineNode node in graph.Nodes.Where(static node => node.IsLimited).OrderBy(node => node.PoolIn(RunId), StringComparer.Ordinal))
        {
            EnterPool(node);
        }
    }

    /// <summary>Prepares the pool of a node, once in a transaction. Repeating it later changes nothing: a limit stays as it was entered first.</summary>
    private void EnterPool(PipelineNode node)
    {
        string pool = node.PoolIn(RunId);
        if (pool.Length == 0 || !(_entered ??= new(StringComparer.Ordinal)).Add(pool))
        {
            return;
        }

        _session.Execute(
            "INSERT INTO orchestration_pool (name, slots) VALUES (@name, @slots) ON CONFLICT (name) DO NOTHING",
            ("@name", pool), ("@slots", (long)(node.MaximumParallel ?? 1)));
        _session.Execute(
            """
            INSERT INTO orchestration_pool_wait (run_id, pool, urgency, version_id)
            SELECT id, @pool, urgency, version_id FROM orchestration_run WHERE id = @run
            ON CONFLICT (run_id, pool) DO NOTHING
            """,
            ("@run", RunId), ("@pool", pool));
        if (!_pooled)
        {
            _pooled = true;
            _session.Execute("UPDATE orchestration_run SET pooled = 1 WHERE id = @run", ("@run", RunId));
        }
    }

    /// <summary>Says from when on the run has steps for each of its pools.</summary>
    private void WaitForPools()
    {
        if (_pooled)
        {
            _session.Execute(
                """
                UPDATE orchestration_pool_wait SET wake_at = CASE WHEN @paused = 0 THEN (
                    SELECT min(s.not_before) FROM orchestration_step s
                    WHERE s.run_id = orchestration_pool_wait.run_id AND s.pool = orchestration_pool_wait.pool AND s.state = 1) END
                WHERE run_id = @run
                """,
                ("@paused", IsPaused), ("@run", RunId));
        }
    }

    private void LeavePools()
    {
        if (_pooled)
        {
            _session.Execute("DELETE FROM orchestration_pool_wait WHERE run_id = @run", ("@run", RunId));
            string own = PoolsOf(RunId);
            _session.Execute("DELETE FROM orchestration_pool WHERE name > @from AND name < @to", ("@from", own), ("@to", own[..^1] + '0'));
        }
    }
}
