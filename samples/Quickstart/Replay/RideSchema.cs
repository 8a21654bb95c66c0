using Mlops.Drift;

namespace Quickstart;

/// <summary>A day as it was served.</summary>
public sealed record ServedRide(Ride Ride, string PredictionId, float Predicted);

/// <summary>What the monitor watches: the counts and the weather, and the prediction. The calendar does not drift.</summary>
public static class RideSchema
{
    public const string Monitor = "ridership";

    public static DriftSchema<ServedRide> Instance { get; } = DriftSchema.For<ServedRide>(s => s
        .Id(r => r.PredictionId)
        .Timestamp(r => r.Ride.Date)
        .Prediction(r => r.Predicted, "prediction")
        .Numeric(r => r.Ride.LagClarkLake, "lag14_clark_lake")
        .Numeric(r => r.Ride.LagQuincyWells, "lag14_quincy_wells")
        .Numeric(r => r.Ride.LagHarlem, "lag14_harlem")
        .Numeric(r => r.Ride.LagMonroe, "lag14_monroe")
        .Numeric(r => r.Ride.LagBelmont, "lag14_belmont")
        .Numeric(r => r.Ride.LagAustin, "lag14_austin")
        .Numeric(r => r.Ride.TemperatureMinimum, "temp_min")
        .Numeric(r => r.Ride.Temperature, "temp")
        .Numeric(r => r.Ride.TemperatureMaximum, "temp_max")
        .Numeric(r => r.Ride.TemperatureChange, "temp_change")
        .Numeric(r => r.Ride.Dew, "dew")
        .Numeric(r => r.Ride.Humidity, "humidity")
        .Numeric(r => r.Ride.Pressure, "pressure")
        .Numeric(r => r.Ride.WindMaximum, "wind_max")
        .Numeric(r => r.Ride.Precipitation, "precip")
        .Numeric(r => r.Ride.Rain, "weather_rain")
        .Numeric(r => r.Ride.Snow, "weather_snow")
        .Numeric(r => r.Ride.Cloud, "weather_cloud")
        .Numeric(r => r.Ride.Storm, "weather_storm"));
}
