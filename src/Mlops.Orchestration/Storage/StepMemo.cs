using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>An intermediate result of an attempt, about to be kept, with the artifacts that it may refer to.</summary>
internal sealed record StepMemo(ClaimedStep Step, string Name, StoredPayload Payload, IReadOnlyList<ContentHash> Artifacts)
{
    public Durability Durability { get; init; }
}

/// <param name="Status">What became of it; <see cref="CommitStatus.AlreadyCommitted"/> when the name is taken.</param>
/// <param name="Known">What was kept under the name before.</param>
/// <param name="RunIsOver">When it was turned away: because nothing of the run is wanted any more.</param>
internal readonly record struct MemoResult(CommitStatus Status, StoredPayload Known, bool RunIsOver);
