namespace Mlops.Drift.Tests;

/// <summary>A row of the tests.</summary>
internal sealed record Ride
{
    public string Id { get; init; } = "";
    public DateTimeOffset At { get; init; }
    public double Distance { get; init; }
    public double? Tip { get; init; }
    public string? Zone { get; init; }
    public DayOfWeek Weekday { get; init; }
    public double Predicted { get; init; }
    public double? Actual { get; init; }

    public static DriftSchema<Ride> Schema { get; } = DriftSchema.For<Ride>(s => s
        .Id(r => r.Id)
        .Timestamp(r => r.At)
        .Numeric(r => r.Distance)
        .Numeric(r => r.Tip)
        .Categorical(r => r.Zone)
        .Categorical(r => r.Weekday)
        .Prediction(r => r.Predicted)
        .Label(r => r.Actual));
}
