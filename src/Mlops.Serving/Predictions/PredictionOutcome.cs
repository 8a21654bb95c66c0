namespace Mlops.Serving;

/// <summary>What really happened after a prediction, as <see cref="ServedModel.RecordOutcome"/> was told.</summary>
public readonly record struct PredictionOutcome
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The prediction.</summary>
    public required PredictionId Id { get; init; }

    /// <summary>Which row of the call, from 0 on; 0 for calls of one row.</summary>
    public int Row { get; init; }

    /// <summary>What happened, in the unit of the model's answer or as the host has agreed on; finite.</summary>
    public required double Value { get; init; }

    /// <summary>When it happened, or was recorded.</summary>
    public required DateTimeOffset Timestamp { get; init; }
}
