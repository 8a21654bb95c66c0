namespace Mlops.Drift;

/// <summary>A prediction that waits for its label.</summary>
/// <param name="Prediction">What was predicted.</param>
/// <param name="Ticks">When.</param>
/// <param name="Version">The serial number of the version that predicted it.</param>
internal readonly record struct PendingPrediction(double Prediction, long Ticks, int Version);
