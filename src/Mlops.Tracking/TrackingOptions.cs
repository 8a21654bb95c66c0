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
}
