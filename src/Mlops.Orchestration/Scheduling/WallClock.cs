namespace Mlops.Orchestration;

/// <summary>
/// What the clocks of a time zone show. All that it asks of .NET is the offset of an instant, which .NET knows exactly. Which readings are skipped
/// or shown twice, and what instant a reading belongs to, .NET tells wrongly where a zone changes its rules or its standard time.
/// </summary>
internal sealed class WallClock(TimeZoneInfo zone)
{
    /// <summary>Longer than clocks were ever set by, shorter than the time between two changes.</summary>
    private static readonly TimeSpan Reach = TimeSpan.FromDays(1);

    /// <summary>The reading at an instant; it bears the kind UTC, in which time runs evenly.</summary>
    public DateTime Read(DateTimeOffset instant) => Shift(instant.UtcDateTime, zone.GetUtcOffset(instant));

    /// <summary>The instant with the offset of the zone.</summary>
    public DateTimeOffset Show(DateTimeOffset instant) => instant.ToOffset(zone.GetUtcOffset(instant));

    /// <summary>When clocks first show a reading; of one that they skip, the end of the gap.</summary>
    public DateTimeOffset FirstShown(DateTime reading)
    {
        DateTimeOffset near = Instant(reading, zone.GetUtcOffset(new DateTimeOffset(reading)));
        if (FindChange(near) is not { } change)
        {
            return Instant(reading, zone.GetUtcOffset(near));
        }

        return reading < change.LastReading ? Instant(reading, change.Before)
            : reading < change.FirstReading ? change.At
            : Instant(reading, change.After);
    }

    /// <summary>The change that makes clocks show what they show at the instant twice; null when they show it once.</summary>
    public ClockChange? FindRepeat(DateTimeOffset instant) =>
        FindChange(instant) is { } change && change.After < change.Before
        && instant >= change.At - (change.Before - change.After) && instant < change.At + (change.Before - change.After) ? change : null;

    /// <summary>The instant of a reading under an offset.</summary>
    public static DateTimeOffset Instant(DateTime reading, TimeSpan offset) => new(Shift(reading, -offset));

    private ClockChange? FindChange(DateTimeOffset near)
    {
        var low = new DateTimeOffset(Shift(near.UtcDateTime, -Reach));
        var high = new DateTimeOffset(Shift(near.UtcDateTime, Reach));
        TimeSpan before = zone.GetUtcOffset(low);
        TimeSpan after = zone.GetUtcOffset(high);
        if (before == after)
        {
            return null;
        }

        // Clocks are set on whole seconds.
        low = low.AddTicks(-(low.Ticks % TimeSpan.TicksPerSecond));
        while (high - low > TimeSpan.FromSeconds(1))
        {
            DateTimeOffset middle = low.AddSeconds(Math.Floor((high - low).TotalSeconds / 2));
            (low, high) = zone.GetUtcOffset(middle) == before ? (middle, high) : (low, middle);
        }

        return new ClockChange(high.AddTicks(-(high.Ticks % TimeSpan.TicksPerSecond)), before, after);
    }

    private static DateTime Shift(DateTime time, TimeSpan by) =>
        new(Math.Clamp(time.Ticks + by.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
}

/// <param name="At">The first instant with the new offset.</param>
/// <param name="Before">What clocks are ahead of UTC before.</param>
/// <param name="After">What clocks are ahead of UTC from then on.</param>
internal readonly record struct ClockChange(DateTimeOffset At, TimeSpan Before, TimeSpan After)
{
    /// <summary>What clocks would show if they were not set.</summary>
    public DateTime LastReading => At.UtcDateTime + Before;

    /// <summary>What clocks show instead.</summary>
    public DateTime FirstReading => At.UtcDateTime + After;
}
