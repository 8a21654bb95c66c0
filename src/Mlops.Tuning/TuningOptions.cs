using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>How this process works on its studies. Section <c>Mlops:Tuning</c>.</summary>
public sealed class TuningOptions
{
    internal static readonly TimeSpan ShortestLease = TimeSpan.FromMilliseconds(300);
    internal static readonly TimeSpan LongestLease = TimeSpan.FromHours(1);
    internal static readonly TimeSpan ShortestReportInterval = TimeSpan.FromMilliseconds(10);
    internal static readonly TimeSpan LongestReportInterval = TimeSpan.FromMinutes(1);
    internal static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);
    internal static readonly TimeSpan ShortestObserverTimeout = TimeSpan.FromMilliseconds(1);
    internal static readonly TimeSpan LongestObserverTimeout = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a trial is held without renewal; after a crash others wait this long before they take it over. It is renewed every
    /// third of it while the process lives, however long the objective runs. 300 ms to 1 h, default 1 min.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long reports and parameters of a running trial may wait before they are stored. 10 ms to 1 min, default 250 ms.</summary>
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A trial whose holders were lost this often fails instead of being taken over again. 1 to 1 000, default 3.</summary>
    public int MaximumAttempts { get; set; } = 3;

    /// <summary>
    /// How long an ask, a tell and the reads around them are repeated while the database is busy or away, before they fail.
    /// 0 to 1 h, default 30 s. Where it exceeds <see cref="LeaseDuration"/>, others may have taken a trial over meanwhile.
    /// </summary>
    public TimeSpan RetryDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one call of an observer may take. One that takes longer is cancelled and no longer waited for, and trials that waited
    /// behind it are delivered when their study is optimised next. 1 ms to 1 h, default 30 s.
    /// </summary>
    public TimeSpan ObserverTimeout { get; set; } = TimeSpan.FromSeconds(30);

    internal long LeaseMicroseconds => UnixMicroseconds.From(LeaseDuration);
}
