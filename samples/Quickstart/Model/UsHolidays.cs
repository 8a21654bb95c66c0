namespace Quickstart;

/// <summary>How a calendar day bends the ridership of an ordinary day of its week.</summary>
public enum HolidayKind
{
    None,

    /// <summary>Most offices are closed: New Year, Memorial, Independence, Labor, Thanksgiving and Christmas Day.</summary>
    Major,

    /// <summary>The other federal holidays; many offices stay open.</summary>
    Minor,

    /// <summary>24, 26 and 31 December and 2 January.</summary>
    Bridge,
}

/// <summary>US federal holidays by rule (5 U.S.C. 6103), with the observed Friday or Monday when the day itself falls on a weekend.</summary>
public static class UsHolidays
{
    public static HolidayKind KindOf(DateOnly date)
    {
        if (IsMajor(date))
            return HolidayKind.Major;
        if (IsMinor(date))
            return HolidayKind.Minor;
        return date is { Month: 12, Day: 24 or 26 or 31 } or { Month: 1, Day: 2 } ? HolidayKind.Bridge : HolidayKind.None;
    }

    private static bool IsMajor(DateOnly date) =>
        IsFixed(date, static d => d is { Month: 1, Day: 1 } or { Month: 7, Day: 4 } or { Month: 12, Day: 25 })
        || (date is { Month: 5, DayOfWeek: DayOfWeek.Monday } && date.AddDays(7).Month == 6)
        || IsNth(date, 9, DayOfWeek.Monday, 1)
        || IsNth(date, 11, DayOfWeek.Thursday, 4);

    private static bool IsMinor(DateOnly date) =>
        IsFixed(date, static d => d is { Month: 11, Day: 11 } or { Year: >= 2021, Month: 6, Day: 19 })
        || IsNth(date, 1, DayOfWeek.Monday, 3)
        || IsNth(date, 2, DayOfWeek.Monday, 3)
        || IsNth(date, 10, DayOfWeek.Monday, 2);

    // A Saturday's holiday is observed the day before, a Sunday's the day after.
    private static bool IsFixed(DateOnly date, Func<DateOnly, bool> isTheDay) =>
        isTheDay(date)
        || (date.DayOfWeek == DayOfWeek.Friday && isTheDay(date.AddDays(1)))
        || (date.DayOfWeek == DayOfWeek.Monday && isTheDay(date.AddDays(-1)));

    private static bool IsNth(DateOnly date, int month, DayOfWeek day, int nth) =>
        date.Month == month && date.DayOfWeek == day && (date.Day - 1) / 7 == nth - 1;
}
