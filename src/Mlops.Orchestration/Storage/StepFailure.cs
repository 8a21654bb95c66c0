using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>An attempt that failed; <c>RetryDelay</c> is null when there will be no other.</summary>
internal sealed record StepFailure(
    ClaimedStep Step, PipelineGraph Graph, PipelineNode Node, string Error, StepFailureKind Kind, TimeSpan? RetryDelay, string? ContinueAs)
{
    public Durability Durability { get; init; }

    /// <summary>The result that a check has turned down, kept beside the log, and what all checks said of it.</summary>
    public (StoredPayload Payload, IReadOnlyList<CheckResult> Checks)? Quarantined { get; init; }

    /// <summary>The artifacts that the result refers to.</summary>
    public IReadOnlyList<ContentHash> Artifacts { get; init; } = [];

    /// <summary>What the attempt has read and made; told, not kept.</summary>
    public StepLineage Lineage { get; init; } = StepLineage.Empty;
}
