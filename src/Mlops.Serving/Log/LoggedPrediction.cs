namespace Mlops.Serving;

/// <summary>A prediction as the log keeps it.</summary>
public sealed record LoggedPrediction
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Identity of the call.</summary>
    public required PredictionId Id { get; init; }

    /// <summary>Which row of the call, from 0 on.</summary>
    public int Row { get; init; }

    /// <summary>Number of the version that answered.</summary>
    public required long Version { get; init; }

    /// <summary>Digest of that version.</summary>
    public required string VersionDigest { get; init; }

    /// <summary>Role of that version.</summary>
    public required string Variant { get; init; }

    /// <inheritdoc cref="PredictionRecord.Propensity"/>
    public double Propensity { get; init; } = 1;

    /// <summary>When the prediction was made, to the microsecond.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <inheritdoc cref="PredictionRecord.Duration"/>
    public TimeSpan Duration { get; init; }

    /// <inheritdoc cref="PredictionRecord.QueueTime"/>
    public TimeSpan QueueTime { get; init; }

    /// <inheritdoc cref="PredictionRecord.ComputeTime"/>
    public TimeSpan ComputeTime { get; init; }

    /// <summary>HMAC-SHA-256 of the routing key, 64 lower-case hexadecimal digits; <c>null</c> without a routing key or a secret.</summary>
    public string? RoutingKeyHash { get; init; }

    /// <summary>Names of the features that were kept, in the order of the model's columns; empty when none were.</summary>
    public IReadOnlyList<string> FeatureNames { get; init; } = [];

    /// <summary>As many values.</summary>
    public IReadOnlyList<float> Features { get; init; } = [];

    /// <summary>The first numbers of the selected output; empty where observers see none.</summary>
    public IReadOnlyList<float> Outputs { get; init; } = [];

    /// <summary>How many numbers that output had.</summary>
    public int OutputLength { get; init; }

    /// <summary>What really happened, the first that was recorded; <c>null</c> so far.</summary>
    public double? Outcome { get; init; }

    /// <summary>When that happened, or was recorded, to the microsecond.</summary>
    public DateTimeOffset? OutcomeTimestamp { get; init; }
}
