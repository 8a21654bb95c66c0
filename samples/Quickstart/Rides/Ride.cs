namespace Quickstart;

/// <summary>One day at the Clark/Lake station: the target, what was known about the day, and six counts from 14 days earlier.</summary>
/// <remarks>Counts are entries in thousands; temperatures and dew point in degrees Fahrenheit, pressure in inches of mercury,
/// wind in miles per hour; rain, snow, cloud and storm are shares of the day's observations in [0, 1].</remarks>
public sealed record Ride
{
    public required DateOnly Date { get; init; }

    /// <summary>The target. It becomes known one day after <see cref="Date"/>.</summary>
    public required double Ridership { get; init; }

    public required double LagClarkLake { get; init; }
    public required double LagQuincyWells { get; init; }
    public required double LagHarlem { get; init; }
    public required double LagMonroe { get; init; }
    public required double LagBelmont { get; init; }
    public required double LagAustin { get; init; }

    public required double TemperatureMinimum { get; init; }
    public required double Temperature { get; init; }
    public required double TemperatureMaximum { get; init; }
    public required double TemperatureChange { get; init; }
    public required double Dew { get; init; }
    public required double Humidity { get; init; }
    public required double Pressure { get; init; }
    public required double WindMaximum { get; init; }
    public required double Precipitation { get; init; }
    public required double Rain { get; init; }
    public required double Snow { get; init; }
    public required double Cloud { get; init; }
    public required double Storm { get; init; }

    public required double BullsHome { get; init; }
    public required double BearsHome { get; init; }
    public required double WhiteSoxHome { get; init; }
    public required double CubsHome { get; init; }
}
