using System.Globalization;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>The statements whose text depends on the engine or on the pipelines that a process knows; each is made once.</summary>
internal sealed class OrchestrationSql(SqlDialect dialect, IEnumerable<long> versions)
{
    private readonly string _versions = string.Join(", ", versions.Select(static id => id.ToString(CultureInfo.InvariantCulture)));

    public string LockRun { get; } =
        $"SELECT state, next_seq, open_steps, wake_at, failed_step, error, paused FROM orchestration_run WHERE id = @run {dialect.ForUpdate}";

    /// <summary>The run of these versions that has waited longest for a worker; one that another transaction holds is passed over.</summary>
    public string PickRun => field ??=
        $"""
        SELECT id, version_id, uid, parameters, trace_parent, created FROM orchestration_run
        WHERE wake_at <= @now AND version_id IN ({_versions})
        ORDER BY wake_at, id LIMIT 1 {dialect.ForUpdateSkipLocked}
        """;

    /// <summary>When the next step of these versions may be claimed.</summary>
    public string NextWake => field ??=
        $"SELECT min(wake_at) FROM orchestration_run WHERE wake_at IS NOT NULL AND version_id IN ({_versions})";
}
