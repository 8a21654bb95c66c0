using System.ComponentModel.DataAnnotations;

namespace Mlops.Serving;

/// <summary>
/// How calls of one model wait and share runs. Whether sharing pays is learned while serving: a model that gains nothing from it answers on
/// its callers' threads, whatever is allowed here.
/// </summary>
public sealed class BatchingOptions
{
    /// <summary>Whether calls may share a run at all; on by default.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Most rows that are merged into one run; 64 by default, 1 to 4,096. A call with more rows runs alone and is never split.</summary>
    [Range(1, 4096)]
    public int MaximumRows { get; set; } = 64;

    /// <summary>
    /// How long the first call of a batch waits for more; zero (the default) takes what has come together while the run before was under
    /// way. At most a second.
    /// </summary>
    public TimeSpan MaximumDelay { get; set; }

    /// <summary>
    /// Most rows that wait; calls beyond are refused with <see cref="ModelOverloadedException"/>. 4,096 by default, 1 to 1,000,000. A call that
    /// alone has more is let in when nothing waits.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaximumQueuedRows { get; set; } = 4096;

    /// <summary>Runs at a time for calls that wait; 0 (the default) for as many as there are processors, at most 256.</summary>
    [Range(0, 256)]
    public int Concurrency { get; set; }
}
