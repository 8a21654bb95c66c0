using System.Collections.Concurrent;

namespace Mlops.Orchestration.Testing;

/// <summary>The checkpoints of a run in memory.</summary>
internal sealed class MemoryMemos(MemoryPayloads payloads) : StepMemory(null!, payloads, static _ => { })
{
    private readonly ConcurrentDictionary<(string Step, string Name), StoredPayload> _kept = new();

    protected override ValueTask<StoredPayload?> FindAsync(StepAttempt attempt, string name, CancellationToken cancellationToken) =>
        new(_kept.TryGetValue((attempt.Step.Key, name), out StoredPayload kept) ? kept : null);

    protected override Task<MemoResult> RememberAsync(StepMemo memo, CancellationToken cancellationToken)
    {
        StoredPayload kept = _kept.GetOrAdd((memo.Step.Key, memo.Name), memo.Payload);
        return Task.FromResult(new MemoResult(
            ReferenceEquals(kept.Inline, memo.Payload.Inline) ? CommitStatus.Committed : CommitStatus.AlreadyCommitted, kept, RunIsOver: false));
    }
}
