using System.Text.Json;

namespace Mlops.Orchestration;

/// <summary>Somebody has to decide before a run can go on: what a host's <see cref="Mlops.Storage.Outbox"/> is told with the question.</summary>
public sealed record PipelineApprovalRequest
{
    /// <summary>The outbox topic of questions.</summary>
    public const string Topic = "orchestration.approval.requested";

    /// <summary>The run's number in its database.</summary>
    public required long RunId { get; init; }

    /// <summary>32 hexadecimal digits that no other run of any database has.</summary>
    public required string RunUid { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The step that asks: what <see cref="Pipelines.ApproveAsync"/> and <see cref="Pipelines.RejectAsync"/> are called with.</summary>
    public required string Step { get; init; }

    /// <summary>What is asked, as the pipeline words it.</summary>
    public required string Question { get; init; }

    /// <summary>When the question was asked, by the database's clock, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the question counts as refused; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Reads the payload of a message.</summary>
    /// <param name="json">The payload, UTF-8.</param>
    /// <exception cref="JsonException">It is not one of this type.</exception>
    public static PipelineApprovalRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, TransitionContext.Default.PipelineApprovalRequest) ?? throw new JsonException("The payload of a question is null.");

    internal string ToJson() => JsonSerializer.Serialize(this, TransitionContext.Default.PipelineApprovalRequest);
}
