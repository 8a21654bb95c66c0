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
    private readonly WallClock _clock;
    private readonly bool _isInterval;

    public CronTimes(string expression, string zone)
    {
        _clock = new WallClock(TimeZoneInfo.FindSystemTimeZoneById(zone));
        string[] fields = expression.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        bool seconds = fields.Length == 6;
        _expression = CronExpression.Parse(expression, seconds ? CronFormat.IncludeSeconds : CronFormat.Standard);
        _isInterval = fields.Length == 1
            ? fields[0].ToUpperInvariant() is "@HOURLY" or "@EVERY_MINUTE" or "@EVERY_SECOND"
            : fields.Take(seconds ? 3 : 2).Any(static field => field.AsSpan().IndexOfAny("*?-/") >= 0);
    }

    /// <summary>The first time after another; null when there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        // Cronos reads the expression on a calendar without changes of clocks; what clocks do to its times is decided here.
        DateTime shown = _clock.Read(after);
        bool inclusive = false;
        if (_clock.FindRepeat(after) is { } repeat)
        {
            bool isFirst = after < repeat.At;
            if ((isFirst || _isInterval) && Find(shown, inclusive: false, repeat) is { } once)
            {
                return At(once, isFirst ? repeat.Before : repeat.After);
            }

            if (isFirst && _isInterval && Find(repeat.FirstReading, inclusive: true, repeat) is { } again)
            {
                return At(again, repeat.After);
            }

            shown = repeat.LastReading;
            inclusive = true;
        }

        return _expression.GetNextOccurrence(shown, inclusive) is { } next ? _clock.Show(_clock.FirstShown(next)) : null;
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
    public bool IsAmbiguous(DateTimeOffset time) => _clock.FindRepeat(time) is not null;

    /// <summary>Whether the time stands for one that clocks skip: they do not show what the expression says.</summary>
    public bool IsMoved(DateTimeOffset time) => _clock.Read(time) is var shown && _expression.GetNextOccurrence(shown, inclusive: true) != shown;

    /// <summary>The next reading among those that clocks show twice.</summary>
    private DateTime? Find(DateTime from, bool inclusive, ClockChange repeat) =>
        _expression.GetNextOccurrence(from, inclusive) is { } found && found < repeat.LastReading ? found : null;

    private static DateTimeOffset At(DateTime reading, TimeSpan offset) => new(DateTime.SpecifyKind(reading, DateTimeKind.Unspecified), offset);
}
