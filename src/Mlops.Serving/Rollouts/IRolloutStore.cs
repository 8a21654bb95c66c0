namespace Mlops.Serving;

/// <summary>
/// Keeps rollouts beyond the process and lets the processes that serve a model agree on one decision. Without one, rollouts are kept in memory. Thread-safe.
/// </summary>
public interface IRolloutStore
{
    /// <summary>The newest record of every candidate of the model, in any order.</summary>
    ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps a record if its <see cref="RolloutRecord.Revision"/> follows the one that is kept for its model and digest (1 where there is none), and for
    /// good once it returns true; else keeps nothing and returns false.
    /// </summary>
    ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes the owner the one who decides for the model, or has it stay that; false while another is. A call that fails leaves open which it was.
    /// </summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="owner">Of this process, different from that of any other.</param>
    /// <param name="duration">Until when it stays so unless it is asked again.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps what calls have shown of a rollout that runs, in place of what was kept of it before, so that a restart goes on with it; at least until a
    /// record says that it does not run any more. Keeps nothing where the newest record does not say that it runs, or there is none. A store that does not implement this (the default) has a restart compare anew, with alpha anew.
    /// </summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="digest">Digest of the candidate.</param>
    /// <param name="evidence">Opaque; about 9 bytes for each key that was counted, of at most a million, and 2 kB. Holds hashes of routing keys.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask SaveEvidenceAsync(string model, string digest, ReadOnlyMemory<byte> evidence, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <summary>What <see cref="SaveEvidenceAsync"/> has kept last; empty when there is nothing.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="digest">Digest of the candidate.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ReadOnlyMemory<byte>> LoadEvidenceAsync(string model, string digest, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(ReadOnlyMemory<byte>.Empty);
}

/// <summary>For one process, as long as it runs.</summary>
internal sealed class InMemoryRolloutStore : IRolloutStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Model, string Digest), RolloutRecord> _records = [];
    private readonly Dictionary<(string Model, string Digest), byte[]> _evidence = [];

    public ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<RolloutRecord>>([.. _records.Values.Where(record => record.Model == model)]);
    }

    public ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default)
    {
        (string Model, string Digest) key = (record.Model, record.Digest);
        lock (_lock)
        {
            if (record.Revision != (_records.GetValueOrDefault(key)?.Revision ?? 0) + 1)
                return ValueTask.FromResult(false);
            _records[key] = record;
            if (record.State != RolloutState.Running)
                _evidence.Remove(key);
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default) => ValueTask.FromResult(true);

    public ValueTask SaveEvidenceAsync(string model, string digest, ReadOnlyMemory<byte> evidence, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            if (_records.GetValueOrDefault((model, digest)) is { State: RolloutState.Running })
                _evidence[(model, digest)] = evidence.ToArray();
        return ValueTask.CompletedTask;
    }

    public ValueTask<ReadOnlyMemory<byte>> LoadEvidenceAsync(string model, string digest, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(_evidence.GetValueOrDefault((model, digest), []));
    }
}
