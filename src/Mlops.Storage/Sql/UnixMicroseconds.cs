namespace Mlops.Storage;

/// <summary>
/// Time as every table of the family keeps it: an int64 of microseconds since 1970-01-01 UTC. What is finer than a microsecond is cut off.
/// </summary>
public static class UnixMicroseconds
{
    /// <summary>The whole microseconds that have passed at a time; before 1970 they are negative, and what is finer is cut off towards the past.</summary>
    public static long From(DateTimeOffset time)
    {
        (long whole, long rest) = Math.DivRem(time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks, TimeSpan.TicksPerMicrosecond);
        return rest < 0 ? whole - 1 : whole;
    }

    /// <summary>The whole microseconds of a duration.</summary>
    public static long From(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The time, in UTC. <c>From(ToTime(x))</c> is x.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time lies before the year 1 or after the year 9999.</exception>
    public static DateTimeOffset ToTime(long microseconds) => DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(microseconds);
}
