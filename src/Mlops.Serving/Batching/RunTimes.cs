namespace Mlops.Serving;

/// <summary>
/// Whether runs are short enough for a caller's own thread. Proven is that once at most one in a thousand of the recent runs took a millisecond or
/// more. Disproven it is only by one in a hundred: on a busy machine one in a thousand is interrupted for longer than that, on whichever thread it
/// runs. Counts are halved now and then, so that the past fades. Thread-safe; counts may be off by a few.
/// </summary>
internal sealed class RunTimes(long ticksPerSecond)
{
    private const int Proof = 1_000;
    private const int Disproof = 100;
    private const int Fading = 32_768;
    private long _runs;
    private long _long;
    private volatile bool _isSlow;
    private volatile bool _isProven;

    /// <summary>From how many ticks on a run is long.</summary>
    public long LongRun { get; } = ticksPerSecond / 1_000;

    /// <summary>Too slow for the thread of a caller, or of a pool that others use.</summary>
    public bool IsSlow => _isSlow;

    /// <summary>A thousand runs have shown that they are short: one may trust them with a caller who has little time.</summary>
    public bool IsProvenFast => _isProven;

    public void Add(int runs, int longRuns)
    {
        long all = Interlocked.Add(ref _runs, runs);
        long slow = Interlocked.Add(ref _long, longRuns);
        if (all > Fading)
        {
            Volatile.Write(ref _runs, all / 2);
            Volatile.Write(ref _long, slow / 2);
        }

        // The first run of all may be long for reasons of its own.
        _isSlow = slow > 1 && slow * Disproof > all;
        _isProven = all >= Proof && slow * Proof <= all;
    }
}
