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

    /// <summary>What the attempt has read and made.</summary>
    public StepLineage Lineage { get; init; } = StepLineage.Empty;
}
