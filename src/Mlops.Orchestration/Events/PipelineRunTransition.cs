using System.Text.Json;

namespace Mlops.Orchestration;

/// <summary>
/// A run has started or is over: what a host's <see cref="Mlops.Storage.Outbox"/> is told in the same transaction, where it has a receiver for it.
/// A run starts once and ends once, so <see cref="RunUid"/> and the topic's kind name a message for good.
/// </summary>
public sealed record PipelineRunTransition
{
    /// <summary>The outbox topic of runs that start.</summary>
    public const string StartedTopic = "orchestration.run.started";

    /// <summary>The outbox topic of runs that succeed.</summary>
    public const string SucceededTopic = "orchestration.run.succeeded";

    /// <summary>The outbox topic of runs that fail.</summary>
    public const string FailedTopic = "orchestration.run.failed";

    /// <summary>The outbox topic of runs that somebody cancels.</summary>
    public const string CancelledTopic = "orchestration.run.cancelled";

    /// <summary>The run's number in its database.</summary>
    public required long RunId { get; init; }

    /// <summary>32 hexadecimal digits that no other run of any database has.</summary>
    public required string RunUid { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>What it is now.</summary>
    public required PipelineRunState State { get; init; }

    /// <summary>When it started or ended, by the database's clock, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The schedule that started it; null when somebody else did.</summary>
    public string? Schedule { get; init; }

    /// <summary>The interval that it is about; null for none.</summary>
    public DataInterval? Partition { get; init; }

    /// <summary>Why it failed.</summary>
    public RunFailureKind? FailureKind { get; init; }

    /// <summary>The first step that failed for good.</summary>
    public string? FailedStep { get; init; }

    /// <summary>
    /// The failure's type and message, or the reason of a cancellation, as they are stored: values of secrets that the step has read are replaced, anything
    /// else is as the exception had it.
    /// </summary>
    public string? Error { get; init; }

    /// <summary>Whether a topic is one of a run's.</summary>
    public static bool Is(string topic) => topic is StartedTopic or SucceededTopic or FailedTopic or CancelledTopic;

    /// <summary>Reads the payload of a message.</summary>
    /// <param name="json">The payload, UTF-8.</param>
    /// <exception cref="JsonException">It is not one of this type.</exception>
    public static PipelineRunTransition Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, TransitionContext.Default.PipelineRunTransition) ?? throw new JsonException("The payload of a run's transition is null.");

    internal string ToJson() => JsonSerializer.Serialize(this, TransitionContext.Default.PipelineRunTransition);

    internal static string TopicOf(PipelineRunState state) => state switch
    {
        PipelineRunState.Succeeded => SucceededTopic,
        PipelineRunState.Failed => FailedTopic,
        PipelineRunState.Cancelled => CancelledTopic,
        _ => StartedTopic,
    };
}
