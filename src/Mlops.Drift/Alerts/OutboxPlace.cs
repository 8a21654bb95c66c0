namespace Mlops.Drift;

/// <summary>How far one observer has come in an outbox, and when it may be called again. Guarded by the outbox.</summary>
internal sealed class OutboxPlace(IDriftObserver observer, TimeProvider timeProvider)
{
    /// <summary>The age at which an event is given up when its observer fails, and the longest wait that a receiver may ask for.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(24);

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWait = TimeSpan.FromMinutes(5);

    private int _failures;
    private long _failedAt;
    private TimeSpan _wait;

    public IDriftObserver Observer => observer;

    /// <summary>The number of the next event to tell; what is no longer there counts as told.</summary>
    public long Next { get; set; }

    public bool IsWaiting => _failures > 0 && timeProvider.GetElapsedTime(_failedAt) < _wait;

    /// <summary>Goes on to an event; what failed before is forgiven.</summary>
    public void Pass(long next)
    {
        Next = next;
        _failures = 0;
    }

    /// <summary>Waits twice as long as after the failure before, or as long as the receiver asks for.</summary>
    public void Fail(TimeSpan? asked)
    {
        TimeSpan doubled = FirstWait * Math.Pow(2, Math.Min(_failures, 20));
        TimeSpan wait = doubled < LastWait ? doubled : LastWait;
        if (asked > wait)
            wait = asked.Value < LongestWait ? asked.Value : LongestWait;
        (_failures, _failedAt, _wait) = (_failures + 1, timeProvider.GetTimestamp(), wait);
    }
}
