namespace Mlops.Serving;

/// <summary>
/// Whether callers go on, once they are answered, for so short a time that the thread which ran their batch may take them along one after the other. Those who take
/// longer are better spread over the pool; after a pause it is tried again. Thread-safe; what several runners report at once may get lost.
/// </summary>
internal sealed class CallerTimes(long ticksPerSecond)
{
    private const double Short = 2e-6;   // seconds of a caller; to hand one to the pool costs the processor about as much
    private const int FirstPause = 256;   // batches
    private const int LongestPause = 16_384;
    private const double Weight = 1.0 / 16;
    private const double MostOfAverage = 4;   // a thread that was interrupted must not decide alone
    private readonly double _short = Short * ticksPerSecond;
    private double _average;
    private int _pause = FirstPause;
    private int _left;

    /// <summary>Asked once for each batch.</summary>
    public bool AreShort()
    {
        int left = Volatile.Read(ref _left);
        if (left == 0)
            return true;
        Volatile.Write(ref _left, left - 1);
        return false;
    }

    /// <summary>Callers that went on one after the other.</summary>
    public void Report(int calls, long ticks)
    {
        double average = _average, perCall = (double)ticks / calls;
        average = average == 0 ? perCall : average + Weight * (Math.Min(perCall, MostOfAverage * average) - average);
        _average = average;
        if (average > _short)
            Pause();
        else
            _pause = Math.Max(FirstPause, _pause - 1);
    }

    /// <summary>One of them took far too long.</summary>
    public void Pause()
    {
        _average = 0;
        Volatile.Write(ref _left, _pause);
        _pause = Math.Min(2 * _pause, LongestPause);
    }
}
