namespace Quickstart;

/// <summary>The days after which the line without monitoring retrains, counted from 0 at the replay's first day.</summary>
public static class BlindSchedule
{
    /// <summary>Every <paramref name="interval"/> days, the first after day <paramref name="interval"/> - 1.</summary>
    public static bool IsDue(int day, int interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        return (day + 1) % interval == 0;
    }

    /// <summary>Exactly <paramref name="count"/> days, evenly spread over a replay of <paramref name="days"/> days.</summary>
    public static IReadOnlyList<int> Evenly(int count, int days) =>
        [.. Enumerable.Range(1, count).Select(i => (int)((long)i * days / (count + 1)) - 1)];
}
