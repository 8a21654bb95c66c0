namespace Quickstart;

/// <summary>Turns a day into the model's inputs, using only what is known on its morning: counts from 14 days ago, calendar, weather, home games.</summary>
public sealed class FeatureMap
{
    private const double YearDays = 365.25;

    private static readonly (string Name, Func<Ride, double> Value)[] Observed =
    [
        ("lag14_clark_lake", r => r.LagClarkLake), ("lag14_quincy_wells", r => r.LagQuincyWells), ("lag14_harlem", r => r.LagHarlem),
        ("lag14_monroe", r => r.LagMonroe), ("lag14_belmont", r => r.LagBelmont), ("lag14_austin", r => r.LagAustin),
        ("temp_min", r => r.TemperatureMinimum), ("temp", r => r.Temperature), ("temp_max", r => r.TemperatureMaximum),
        ("temp_change", r => r.TemperatureChange), ("dew", r => r.Dew), ("humidity", r => r.Humidity), ("pressure", r => r.Pressure),
        ("wind_max", r => r.WindMaximum), ("precip", r => r.Precipitation), ("weather_rain", r => r.Rain), ("weather_snow", r => r.Snow),
        ("weather_cloud", r => r.Cloud), ("weather_storm", r => r.Storm),
        ("bulls_home", r => r.BullsHome), ("bears_home", r => r.BearsHome), ("white_sox_home", r => r.WhiteSoxHome), ("cubs_home", r => r.CubsHome),
    ];

    private static readonly HolidayKind[] Holidays = [HolidayKind.Major, HolidayKind.Minor, HolidayKind.Bridge];

    private readonly int _harmonics;

    public FeatureMap(int harmonics)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(harmonics);
        _harmonics = harmonics;
        Names = [.. NamesFor(harmonics)];
    }

    /// <summary>One per input, in the order of <see cref="Of"/>.</summary>
    public IReadOnlyList<string> Names { get; }

    public float[] Of(Ride ride)
    {
        float[] features = new float[Names.Count];
        int next = 0;
        foreach ((_, Func<Ride, double> value) in Observed)
            features[next++] = (float)value(ride);

        features[next + (int)ride.Date.DayOfWeek] = 1;
        next += 7;

        double angle = 2 * Math.PI * (ride.Date.DayOfYear - 1) / YearDays;
        for (int k = 1; k <= _harmonics; k++)
        {
            features[next++] = (float)Math.Sin(k * angle);
            features[next++] = (float)Math.Cos(k * angle);
        }

        // A holiday on a weekday takes a share of the usual count away, so it also bends the slope of the lag.
        // One 14 days ago spoilt the lags themselves.
        next = WriteHoliday(features, next, ride.Date, ride.LagClarkLake);
        WriteHoliday(features, next, ride.Date.AddDays(-14), ride.LagClarkLake);
        return features;
    }

    /// <summary>The rides as rows that a model is fitted on.</summary>
    public TrainingRow[] RowsOf(IEnumerable<Ride> rides) => [.. rides.Select(ride => new TrainingRow(ride.Date, Of(ride), ride.Ridership))];

    private static int WriteHoliday(float[] features, int next, DateOnly date, double lag)
    {
        HolidayKind kind = date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? HolidayKind.None : UsHolidays.KindOf(date);
        foreach (HolidayKind holiday in Holidays)
        {
            features[next++] = kind == holiday ? 1 : 0;
            features[next++] = kind == holiday ? (float)lag : 0;
        }

        return next;
    }

    private static IEnumerable<string> NamesFor(int harmonics)
    {
        foreach ((string name, _) in Observed)
            yield return name;
        for (DayOfWeek day = DayOfWeek.Sunday; day <= DayOfWeek.Saturday; day++)
            yield return Lower(day);
        for (int k = 1; k <= harmonics; k++)
        {
            yield return $"year_sin_{k}";
            yield return $"year_cos_{k}";
        }

        foreach (string when in (string[])["", "lag14_"])
        {
            foreach (HolidayKind holiday in Holidays)
            {
                yield return $"{when}holiday_{Lower(holiday)}";
                yield return $"{when}holiday_{Lower(holiday)}_x_lag14_clark_lake";
            }
        }
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
