using Mlops.Drift;
using Mlops.Serving;

namespace Mlops.Tests.Loop;

/// <summary>What the monitor sees of a prediction.</summary>
public sealed record ServedRide(Ride Ride, PredictionKey Id, string Version, double Predicted)
{
    public static readonly DriftSchema<ServedRide> Schema = DriftSchema.For<ServedRide>(static s => s
        .Id(static r => r.Id).ModelVersion(static r => r.Version).Numeric(static r => r.Ride.Lag, "lag").Prediction(static r => r.Predicted));

    public static ServedRide Of(Ride ride, Prediction<float> prediction) => new(ride, prediction.Id.ToPredictionKey(), prediction.Version.Digest, prediction.Value);
}
