namespace Quickstart;

/// <summary>
/// Business time of the replay: the end of the day that is replayed, so that the registry's history says which version was champion on
/// which day. Timers and leases run by the machine's own clock.
/// </summary>
public sealed class ReplayClock : TimeProvider
{
    private long _ticks = RideHistory.ReplayStart.ToDateTime(TimeOnly.MinValue).Ticks;

    public void MoveTo(DateOnly date) => Volatile.Write(ref _ticks, date.ToDateTime(new TimeOnly(23, 0)).Ticks);

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);
}
