namespace Mlops.Orchestration;

/// <summary>Which of the runs that were missed, because no process was there, are started late.</summary>
public sealed record CatchUp
{
    private CatchUp(int count, TimeSpan? within)
    {
        Count = count;
        Age = within;
    }

    /// <summary>None of them.</summary>
    public static CatchUp None { get; } = new(0, null);

    /// <summary>The latest of them, and none where a later one is punctual: the default. The same as one at most.</summary>
    public static CatchUp LastOnly { get; } = new(1, null);

    /// <summary>At most so many of them, the latest ones.</summary>
    internal int Count { get; }

    /// <summary>None that is older.</summary>
    internal TimeSpan? Age { get; }

    /// <summary>All of them, or the latest <paramref name="maximum"/>.</summary>
    /// <param name="maximum">1 to 10 000.</param>
    public static CatchUp All(int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximum, CronTimes.MaximumCount);
        return new CatchUp(maximum, null);
    }

    /// <summary>Those that were due within the time before now, the latest 10 000 at most.</summary>
    /// <param name="age">Positive.</param>
    public static CatchUp Within(TimeSpan age)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(age, TimeSpan.Zero);
        return new CatchUp(CronTimes.MaximumCount, age);
    }
}
