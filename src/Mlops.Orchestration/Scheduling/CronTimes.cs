using Cronos;

namespace Mlops.Orchestration;

/// <summary>The times of a cron expression in a time zone. Where clocks go forward, a time that does not exist moves to the end of the gap;
/// where they go back, a fixed time comes once and an interval goes on through both hours.</summary>
internal sealed class CronTimes
{
    public const int MaximumCount = 10_000;

    /// <summary>No expression that ever fires waits longer: 29 February skips 2100.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(9 * 366);

    private readonly CronExpression _expression;
    private readonly TimeZoneInfo _zone;

    public CronTimes(string expression, string zone)
    {
        _zone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        bool seconds = expression.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length == 6;
        _expression = CronExpression.Parse(expression, seconds ? CronFormat.IncludeSeconds : CronFormat.Standard);
    }

    /// <summary>The first time after another; null when there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        DateTimeOffset? next = _expression.GetNextOccurrence(after.ToUniversalTime(), _zone);

        // Around changes that .NET does not describe as such, Cronos can stand still or step back; whoever asks for the next time must get on.
        DateTimeOffset minute = new(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        while (next <= after)
        {
            minute += TimeSpan.FromMinutes(1);
            next = _expression.GetNextOccurrence(minute, _zone, inclusive: true);
        }

        return next;
    }

    /// <summary>The last times after one and up to another, in order.</summary>
    public List<DateTimeOffset> Last(DateTimeOffset after, DateTimeOffset upTo, int count)
    {
        if (count == 0 || upTo <= after)
        {
            return [];
        }

        // Backwards in windows that double: what is wanted is near the end, and there may be millions before.
        for (TimeSpan window = TimeSpan.FromMinutes(2); ; window *= 2)
        {
            bool whole = window >= upTo - after;
            Queue<DateTimeOffset> times = new();
            bool cut = false;
            for (DateTimeOffset? time = Next(whole ? after : upTo - window); time <= upTo; time = Next(time.Value))
            {
                times.Enqueue(time.Value);
                if (times.Count > count)
                {
                    times.Dequeue();
                    cut = true;
                }
            }

            if (whole || cut || times.Count == count)
            {
                return [.. times];
            }
        }
    }

    /// <summary>The last time up to another; null when there is none.</summary>
    public DateTimeOffset? Previous(DateTimeOffset upTo)
    {
        TimeSpan wait = upTo - DateTimeOffset.MinValue < LongestWait ? upTo - DateTimeOffset.MinValue : LongestWait;
        List<DateTimeOffset> last = Last(upTo - wait, upTo, 1);
        return last.Count == 0 ? null : last[0];
    }

    /// <summary>Whether clocks show the time twice.</summary>
    public bool IsAmbiguous(DateTimeOffset time) => _zone.IsAmbiguousTime(time);

    /// <summary>Whether the time stands for one that clocks skip: they do not show what the expression says.</summary>
    public bool IsMoved(DateTimeOffset time)
    {
        var shown = new DateTimeOffset(time.DateTime, TimeSpan.Zero);
        return _expression.GetNextOccurrence(shown, TimeZoneInfo.Utc, inclusive: true) != shown;
    }
}
