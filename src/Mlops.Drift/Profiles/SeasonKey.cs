namespace Mlops.Drift;

/// <summary>The number of a season's part, from 0.</summary>
internal static class SeasonKey
{
    public static int Of(Season season, long ticks)
    {
        if (season == Season.None)
            return 0;
        DateTime time = new(ticks, DateTimeKind.Utc);
        return season switch
        {
            Season.Month => time.Month - 1,
            Season.Quarter => (time.Month - 1) / 3,
            _ => ((int)time.DayOfWeek + 6) % 7,
        };
    }

    public static int PartCount(Season season) => season switch
    {
        Season.None => 1,
        Season.Month => 12,
        Season.Quarter => 4,
        _ => 7,
    };

    public static string Name(Season season, int key) => season switch
    {
        Season.None => "all",
        Season.Month => $"month {key + 1}",
        Season.Quarter => $"quarter {key + 1}",
        _ => ((DayOfWeek)((key + 1) % 7)).ToString(),
    };
}
