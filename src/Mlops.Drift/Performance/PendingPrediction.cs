namespace Mlops.Drift;

/// <summary>A prediction that waits for its label.</summary>
/// <param name="Prediction">What was predicted.</param>
/// <param name="Ticks">When.</param>
/// <param name="Version">The serial number of the version that predicted it.</param>
/// <param name="Window">The number of its tumbling window, or -1.</param>
/// <param name="Groups">Its groups, as <see cref="GroupWatch"/> numbers them.</param>
internal readonly record struct PendingPrediction(double Prediction, long Ticks, int Version, int Window, ulong Groups);
