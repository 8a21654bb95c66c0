using System.Text.Json;

namespace Mlops.Tracking;

/// <summary>
/// A run has started or ended: what a host's <see cref="Mlops.Storage.Outbox"/> is told in the same transaction, under
/// <see cref="StartedTopic"/> and <see cref="EndedTopic"/>, where it has a receiver for them.
/// </summary>
public sealed record RunTransition
{
    /// <summary>The outbox topic of runs that start.</summary>
    public const string StartedTopic = "tracking.run.started";

    /// <summary>The outbox topic of runs that end.</summary>
    public const string EndedTopic = "tracking.run.ended";

    /// <summary>Datasets and artifacts beyond so many of each are left out, and as many more as a message has no room for.</summary>
    public const int MaximumItems = 1_000;

    internal RunTransition()
    {
    }

    /// <summary>32 hexadecimal digits.</summary>
    public required string RunId { get; init; }

    /// <summary>The experiment's name.</summary>
    public required string Experiment { get; init; }

    /// <summary>The run's name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The id of the run this one belongs to, or null.</summary>
    public required string? ParentId { get; init; }

    /// <summary>The name of that run's experiment, or null.</summary>
    public required string? ParentExperiment { get; init; }

    /// <summary>What it is now.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it started or ended, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The data it read, by name; empty when it starts. Without schemas, profiles and tags.</summary>
    public required IReadOnlyList<DatasetInput> Datasets { get; init; }

    /// <summary>How many datasets it read.</summary>
    public required int DatasetCount { get; init; }

    /// <summary>What it logged as artifacts, by name; empty when it starts.</summary>
    public required IReadOnlyList<RunArtifact> Artifacts { get; init; }

    /// <summary>How many artifacts it logged.</summary>
    public required int ArtifactCount { get; init; }

    /// <summary>Reads the payload of a message.</summary>
    /// <param name="json">The payload, UTF-8.</param>
    /// <exception cref="JsonException">It is not one of this type.</exception>
    public static RunTransition Parse(ReadOnlySpan<byte> json) =>
        (JsonSerializer.Deserialize(json, StoredTransitionContext.Default.StoredTransition) ?? throw new JsonException("The payload of a run's transition is null.")).ToTransition();

    internal string ToJson() => JsonSerializer.Serialize(StoredTransition.From(this), StoredTransitionContext.Default.StoredTransition);
}
