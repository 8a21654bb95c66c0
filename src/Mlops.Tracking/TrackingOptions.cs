using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>How runs are written. Section <c>Mlops:Tracking</c>.</summary>
public sealed class TrackingOptions
{
    /// <summary>
    /// Metric points that a run may hold in memory before <see cref="Run.LogMetric"/> drops and <see cref="Run.LogMetricsAsync"/>
    /// waits. 1 000 to 10 000 000, default 100 000 (about 4 MB when full).
    /// </summary>
    public int BufferCapacity { get; set; } = 100_000;

    /// <summary>
    /// How long an item that nobody awaits may wait for others to share its write; a killed process loses at most what was logged
    /// within it. 1 ms to 1 min, default 100 ms.
    /// </summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a write is repeated while the database is busy or away, before it fails. 0 to 1 h, default 30 s.</summary>
    public TimeSpan RetryDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What acknowledged items survive. Default: the death of this process.</summary>
    public Durability Durability { get; set; } = Durability.Process;

    /// <summary>
    /// How long a process may give no sign of life before its open runs count as orphans; the sign is given every third of it.
    /// 5 s to 1 h, default 1 min; the same for all processes of a database.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whether a host ends orphans as <see cref="RunStatus.Killed"/>, its own and those of other processes. Default true. Without a host
    /// see <see cref="Tracker.ReapOrphansAsync"/>.
    /// </summary>
    public bool ReapOrphans { get; set; } = true;

    /// <summary>
    /// Whether runs remember their surroundings (<see cref="RunEnvironment"/>): commit, loaded code, runtime and machine, looked at once
    /// per process and stored once. Default true.
    /// </summary>
    public bool CaptureEnvironment { get; set; } = true;

    /// <summary>Whether the names of the command line's options, never their values, are among the surroundings. Default false.</summary>
    public bool CaptureCommandLine { get; set; }

    /// <summary>
    /// How often an open run logs what its process uses: <c>system/cpu_utilization</c> (percent of all processors),
    /// <c>system/memory_working_set</c> and <c>system/gc_heap</c> (bytes), <c>system/threads</c>, and on Linux <c>system/disk_read</c> and
    /// <c>system/disk_written</c> (bytes since the process began). 100 ms to 1 h; null, the default, for never.
    /// </summary>
    public TimeSpan? SystemMetricsInterval { get; set; }

    /// <summary>
    /// A folder of this machine that batches go to, acknowledged, while a database or a server on another is away or fails at them; they are
    /// stored in their order once it is back, by this process or, if that has died, by the next tracker with this folder. Batches that the
    /// store will never take are set aside in its folders <c>refused</c> and <c>unknown-runs</c>. Runs cannot start without the store. Not for SQLite. Null, the default, for none: writes are then repeated for <see cref="RetryDuration"/> and fail.
    /// </summary>
    public string? JournalFolder { get; set; }

    /// <summary>
    /// Bytes that a process may have in its journal; beyond it writes wait as they do without one. What is set aside may take as much in each
    /// of its two folders. 1 MiB to 1 TiB, default 1 GiB.
    /// </summary>
    public long JournalMaximumBytes { get; set; } = 1L << 30;
}
