using System.Globalization;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>The statements whose text depends on the engine or on the pipelines that a process knows; each is made once.</summary>
internal sealed class OrchestrationSql(SqlDialect dialect, IReadOnlyCollection<long> versions)
{
    private const string Columns = "SELECT r.id, r.version_id, r.uid, r.parameters, r.trace_parent, r.created, r.cache_use";

    /// <summary>What of a pool waits where the pool has room. Full pools are counted once, however many runs wait for them.</summary>
    private const string HasRoom =
        """
        p.slots > 0 AND w.pool NOT IN (
            SELECT o.pool FROM orchestration_step o JOIN orchestration_pool f ON f.name = o.pool
            WHERE o.pool <> '' AND o.state = 2 GROUP BY o.pool, f.slots HAVING count(*) >= f.slots)
        """;

    private const string Urgencies = "VALUES (CAST(0 AS bigint)), (1), (2)";

    // No version has the number 0. What a process without the column says of its waiting runs has it.
    private readonly string _versions = string.Join(", ", versions.Append(0).Select(static id => id.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A run's row, and whether anything that is more urgent waits at all: mostly nothing does, which two looks tell.</summary>
    public string LockRun => field ??=
        $"""
        SELECT state, next_seq, open_steps, wake_at, failed_step, error, paused, urgency, pooled,
            CASE WHEN urgency > 0 AND (
                EXISTS (SELECT 1 FROM orchestration_run a WHERE a.urgency < orchestration_run.urgency AND a.wake_at IS NOT NULL)
                OR EXISTS (SELECT 1 FROM orchestration_pool_wait a WHERE a.urgency < orchestration_run.urgency AND a.wake_at IS NOT NULL))
            THEN CAST(1 AS bigint) ELSE 0 END
        FROM orchestration_run WHERE id = @run {Hold}
        """;

    /// <summary>
    /// Where something of these versions is due: urgency, version, and whether in pools that have room. The most urgent first; there pools first, whose
    /// slots are fewer; there what has waited longest.
    /// </summary>
    public string Due => field ??=
        $"""
        SELECT urgency, version_id, pooled FROM ({Waiting}) AS waiting WHERE wake_at <= @now
        ORDER BY urgency, pooled DESC, wake_at, version_id
        """;

    /// <summary>When the next step of these versions may be claimed. Pools count whatever the definitions of this process say: steps keep the one they were stored with.</summary>
    public string NextWake => field ??= $"SELECT min(wake_at) FROM ({Waiting}) AS waiting";

    /// <summary>The run of a version that has waited longest; one that another transaction holds is passed over.</summary>
    public string PickRun => field ??=
        $"""
        {Columns} FROM orchestration_run r WHERE r.urgency = @urgency AND r.version_id = @version AND r.wake_at <= @now
        ORDER BY r.wake_at, r.id LIMIT 1 {HoldOrPass}
        """;

    /// <summary>
    /// The same of the runs that wait for a pool with room, and the pool. Nobody else takes slots of it meanwhile; one that another transaction holds is
    /// passed over. Rows are locked in the order in which they are named here: where the pool is held, its runs are left alone.
    /// </summary>
    public string PickFromPool => field ??=
        $"""
        {Columns}, p.name, p.slots FROM orchestration_pool p, orchestration_run r, orchestration_pool_wait w
        WHERE p.name = w.pool AND r.id = w.run_id AND r.version_id IN ({_versions}) AND {HasRoom}
            AND w.urgency = @urgency AND w.version_id = @version AND w.wake_at <= @now
        ORDER BY w.wake_at, w.run_id, w.pool LIMIT 1 {HoldOrPass}
        """;

    /// <summary>
    /// Gives ready steps of a run to a worker. The epoch is at least the clock, so that it still grows when a crashed server has lost the last
    /// claims.
    /// </summary>
    public string Claim => field ??=
        $"""
        UPDATE orchestration_step SET
            state = 2, worker = @worker, attempt = attempt + 1, started = @now, progress = NULL, message = NULL,
            epoch = CASE WHEN epoch >= @now THEN epoch + 1 ELSE @now END
        WHERE {dialect.IsRowOf(
            """
            FROM orchestration_step
            WHERE run_id = @run AND pool = @pool AND state = 1 AND not_before <= @now
            ORDER BY not_before, ordinal, step_key LIMIT @count
            """)}
        RETURNING step_key, node, attempt, epoch, failures, lost, item
        """;

    /// <summary>Nobody else takes slots of the pool meanwhile.</summary>
    public string WaitForPool => field ??= $"SELECT slots FROM orchestration_pool WHERE name = @pool {dialect.ForUpdate}";

    /// <summary>
    /// A run whose results are copied, over or not: it stays until this transaction ends. Others may copy them too, and the run goes on meanwhile: two that
    /// take from each other wait for nobody.
    /// </summary>
    public string KeepRun => field ??= $"SELECT id FROM orchestration_run WHERE id = @run {(dialect.ForUpdate.Length == 0 ? "" : "FOR KEY SHARE")}";

    /// <summary>A run that is to be removed.</summary>
    public string EndedRun => field ??=
        $"""
        SELECT pipeline, partition_of, partition_end, state, version_id FROM orchestration_run
        WHERE id = @run AND finished <= @before AND state <> 1 {dialect.ForUpdate}
        """;

    /// <summary>A run of which rows are left.</summary>
    public string PurgedRun => field ??= $"SELECT pipeline FROM orchestration_purge WHERE run_id = @run {dialect.ForUpdate}";

    /// <summary>Keys from one on that nobody works on any more, nor begins to work on meanwhile.</summary>
    public string LeftFlights => field ??=
        $"""
        SELECT cache_key FROM orchestration_cache_flight WHERE cache_key > @after AND {IsLeft}
        ORDER BY cache_key LIMIT @count {dialect.ForUpdateSkipLocked}
        """;

    /// <summary>Whether the attempt that worked on a key has ended.</summary>
    public const string IsLeft =
        """
        NOT EXISTS (
            SELECT 1 FROM orchestration_step s
            WHERE s.run_id = orchestration_cache_flight.run_id AND s.step_key = orchestration_cache_flight.step_key
                AND s.epoch = orchestration_cache_flight.epoch AND s.state = 2)
        """;

    /// <summary>One run, if it is of these versions; the caller holds it.</summary>
    public string KnownRun => field ??= $"{Columns} FROM orchestration_run r WHERE r.id = @run AND r.version_id IN ({_versions})";

    /// <summary>Steps of a version without a pool that may begin. Runs come first in the join, in the order of their index: it ends with its limit.</summary>
    public string Ready => field ??=
        """
        SELECT r.id, r.pipeline, s.step_key, s.epoch, s.pool, r.urgency FROM orchestration_run r CROSS JOIN orchestration_step s
        WHERE s.run_id = r.id AND s.pool = '' AND s.state = 1 AND s.not_before <= @now
            AND r.urgency = @urgency AND r.version_id = @version AND r.wake_at <= @now
        ORDER BY r.wake_at, r.id, s.not_before, s.ordinal, s.step_key LIMIT @count
        """;

    /// <summary>Steps of these versions that may begin, of each pool as many as have room.</summary>
    public string ReadyInPools => field ??=
        $"""
        SELECT id, pipeline, step_key, epoch, pool, urgency FROM (
            SELECT r.id, r.pipeline, s.step_key, s.epoch, s.pool, w.urgency, w.wake_at, s.not_before, s.ordinal,
                row_number() OVER (PARTITION BY w.pool ORDER BY w.urgency, w.wake_at, r.id, s.not_before, s.ordinal, s.step_key) AS place,
                p.slots - (SELECT count(*) FROM orchestration_step o WHERE o.pool = w.pool AND o.pool <> '' AND o.state = 2) AS room
            FROM orchestration_pool_wait w
            JOIN orchestration_run r ON r.id = w.run_id
            JOIN orchestration_pool p ON p.name = w.pool
            JOIN orchestration_step s ON s.run_id = w.run_id AND s.pool = w.pool AND s.state = 1 AND s.not_before <= @now
            WHERE w.wake_at <= @now AND r.version_id IN ({_versions})) AS waiting
        WHERE place <= room
        ORDER BY urgency, wake_at, id, not_before, ordinal, step_key LIMIT @count
        """;

    /// <summary>Nobody else changes the run meanwhile, nor removes it; its results may be copied.</summary>
    private string Hold => dialect.ForUpdate.Length == 0 ? "" : "FOR NO KEY UPDATE";

    private string HoldOrPass => dialect.ForUpdate.Length == 0 ? "" : "FOR NO KEY UPDATE SKIP LOCKED";

    /// <summary>
    /// For each urgency and version since when a run waits, for a pool with room and without: an index finds each, however many others wait. An urgency at which
    /// nobody waits costs one look.
    /// </summary>
    private string Waiting =>
        $"""
        SELECT u.column1 AS urgency, v.column1 AS version_id, CAST(1 AS bigint) AS pooled, (
            SELECT w.wake_at FROM orchestration_pool_wait w JOIN orchestration_pool p ON p.name = w.pool JOIN orchestration_run r ON r.id = w.run_id
            WHERE w.urgency = u.column1 AND w.version_id = v.column1 AND w.wake_at IS NOT NULL AND r.version_id IN ({_versions}) AND {HasRoom}
            ORDER BY w.wake_at LIMIT 1) AS wake_at
        FROM ({Urgencies}) AS u CROSS JOIN (VALUES ({Rows})) AS v
        WHERE EXISTS (SELECT 1 FROM orchestration_pool_wait a WHERE a.urgency = u.column1 AND a.wake_at IS NOT NULL)
        UNION ALL
        SELECT u.column1, v.column1, 0, (
            SELECT min(r.wake_at) FROM orchestration_run r WHERE r.urgency = u.column1 AND r.version_id = v.column1 AND r.wake_at IS NOT NULL)
        FROM ({Urgencies}) AS u CROSS JOIN (VALUES ({Rows})) AS v
        WHERE EXISTS (SELECT 1 FROM orchestration_run a WHERE a.urgency = u.column1 AND a.wake_at IS NOT NULL)
        """;

    private string Rows => "CAST(" + _versions.Replace(", ", " AS bigint)), (CAST(", StringComparison.Ordinal) + " AS bigint)";
}
