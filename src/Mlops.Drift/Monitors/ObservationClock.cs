namespace Mlops.Drift;

/// <summary>
/// The time of rows that bring none. The system's clock is read once per tick of the coarse one (some milliseconds), since reading it would cost as much as
/// copying the row; any other clock is read every time. Thread-safe.
/// </summary>
internal sealed class ObservationClock(TimeProvider time)
{
    private readonly bool _isSystem = ReferenceEquals(time, TimeProvider.System);
    private long _tick = -1;
    private long _utcTicks;

    public long UtcTicks
    {
        get
        {
            if (!_isSystem)
                return time.GetUtcNow().UtcTicks;
            long tick = Environment.TickCount64;
            if (Volatile.Read(ref _tick) == tick)
                return Volatile.Read(ref _utcTicks);

            // Written in this order, so that who sees the tick sees a time of it; of threads that race, a slower one may leave its own, a few milliseconds old.
            long now = time.GetUtcNow().UtcTicks;
            Volatile.Write(ref _utcTicks, now);
            Volatile.Write(ref _tick, tick);
            return now;
        }
    }
}
