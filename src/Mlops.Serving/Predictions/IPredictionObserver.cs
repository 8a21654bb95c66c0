namespace Mlops.Serving;

/// <summary>
/// Sees every prediction of every model before its caller does, on the caller's thread or, where the call had to wait, on the one that goes on with it. Must be fast and must not block; an
/// exception is counted and logged once and never reaches the caller. Thread-safe.
/// </summary>
public interface IPredictionObserver
{
    /// <summary>Called after each successful prediction; for a call of several rows, once for each.</summary>
    void OnPrediction(in PredictionRecord record);
}

/// <summary>One prediction as observers see it. Valid only during the call; copy what must last.</summary>
public readonly ref struct PredictionRecord
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Identity of the call.</summary>
    public required PredictionId Id { get; init; }

    /// <summary>Which row of the call, from 0 on; 0 for calls of one row.</summary>
    public int Row { get; init; }

    /// <summary>Version that answered.</summary>
    public required ServedVersion Version { get; init; }

    /// <summary>Role of that version.</summary>
    public required string Variant { get; init; }

    /// <summary>How probable it was that routing would choose that variant: above 0, and 1 where there was nothing to choose.</summary>
    public required double Propensity { get; init; }

    /// <summary>Who the call was for, in clear; <c>null</c> where the caller did not say. Must not be stored or logged like this.</summary>
    public string? RoutingKey { get; init; }

    /// <summary>When the prediction was made.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>Time from the call to the answer.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The part of it that the call waited for its run; zero when it ran on its caller's thread.</summary>
    public TimeSpan QueueTime { get; init; }

    /// <summary>The part of it that the runtime took, for all calls that shared the run.</summary>
    public TimeSpan ComputeTime { get; init; }

    /// <summary>The row of the model's first input, in column order; empty when that input is not float32.</summary>
    public required ReadOnlySpan<float> Features { get; init; }

    /// <summary>Names of these columns as the model says, or else its registration; <c>null</c> when neither does.</summary>
    public IReadOnlyList<string>? FeatureNames { get; init; }

    /// <summary>The row of the selected output; empty when it is not float32, was not asked for, or has other rows than the inputs.</summary>
    public required ReadOnlySpan<float> Outputs { get; init; }
}
