using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// An attempt that succeeded, about to be committed. <c>ContinueAs</c> is the worker whose slot takes on the next ready step of the run
/// in the same transaction, or null.
/// </summary>
internal sealed record StepCompletion(
    ClaimedStep Step, PipelineGraph Graph, PipelineNode Node, StepOutput Output, StoredPayload Payload, IReadOnlyList<ContentHash> Artifacts, string? ContinueAs)
{
    public Durability Durability { get; init; }

    /// <summary>What is said to the cache; null for steps without one.</summary>
    public CacheEntry? Cache { get; init; }

    /// <summary>The result that is taken over instead of the output.</summary>
    public CachedResult? Reused { get; init; }
}

/// <summary>An attempt that failed; <c>RetryDelay</c> is null when there will be no other.</summary>
internal sealed record StepFailure(
    ClaimedStep Step, PipelineGraph Graph, PipelineNode Node, string Error, StepFailureKind Kind, TimeSpan? RetryDelay, string? ContinueAs)
{
    public Durability Durability { get; init; }

    /// <summary>The result that a check has turned down, kept beside the log, and what all checks said of it.</summary>
    public (StoredPayload Payload, IReadOnlyList<CheckResult> Checks)? Quarantined { get; init; }

    /// <summary>The artifacts that the result refers to.</summary>
    public IReadOnlyList<ContentHash> Artifacts { get; init; } = [];
}
