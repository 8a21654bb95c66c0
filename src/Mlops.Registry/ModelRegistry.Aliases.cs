using Microsoft.Extensions.Primitives;

namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    private readonly AliasWatches _watches = new();

    /// <summary>Moves an alias by compare-and-set. The move is in the history for good, and survives loss of power.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="alias">The alias, for example <c>champion</c>.</param>
    /// <param name="number">The version it names from now on.</param>
    /// <param name="expected">What it must name now: a number, null for nothing yet, or <see cref="Expected.Any"/>.</param>
    /// <param name="options">What is recorded with the move.</param>
    /// <param name="cancellationToken">Withdraws the move while it waits.</param>
    /// <exception cref="AliasConflictException">It names something else.</exception>
    /// <exception cref="ModelNotFoundException">The version does not exist.</exception>
    public async Task<AliasChange> SetAliasAsync(
        string model, string alias, int number, Expected expected, AliasChangeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ModelReference.RequireName(model, nameof(model));
        ModelReference.RequireName(alias, nameof(alias));
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        AliasChange change = await _store.SetAliasAsync(
            new AliasMove(model, alias, number, expected, Now(), options?.Actor, options?.Reason, options?.IdempotencyKey), cancellationToken).ConfigureAwait(false);
        _watches.Fire(model, alias);
        return change;
    }

    /// <summary>Moves an alias back to the version it named before the present one.</summary>
    /// <exception cref="RegistryException">It has named one version only.</exception>
    /// <exception cref="AliasConflictException">Somebody moved it meanwhile.</exception>
    public async Task<AliasChange> RollbackAsync(string model, string alias, AliasChangeOptions? options = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<AliasChange> history = await GetHistoryAsync(model, alias, cancellationToken).ConfigureAwait(false);
        if (history.Count == 0)
        {
            throw new ModelNotFoundException(ModelReference.To(model, alias));
        }

        int live = history[^1].Number;
        AliasChange? before = history.LastOrDefault(change => change.Number != live)
            ?? throw new RegistryException($"Rolling back '{model}@{alias}': it has only ever named version {live}.");
        return await SetAliasAsync(
            model, alias, before.Number, live, (options ?? new AliasChangeOptions()) with { Reason = options?.Reason ?? $"rollback from version {live}" }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Everything the alias has ever named, oldest first; empty when it does not exist.</summary>
    public async Task<IReadOnlyList<AliasChange>> GetHistoryAsync(string model, string alias, CancellationToken cancellationToken = default)
    {
        ModelReference.RequireName(model, nameof(model));
        ModelReference.RequireName(alias, nameof(alias));
        return await _store.GetHistoryAsync(model, alias, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The version the alias named at a time; null when it named none yet.</summary>
    public async Task<ModelVersion?> FindLiveAtAsync(string model, string alias, DateTimeOffset at, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<AliasChange> history = await GetHistoryAsync(model, alias, cancellationToken).ConfigureAwait(false);
        AliasChange? change = history.LastOrDefault(change => change.At <= at);
        return change is null ? null : await FindAsync(ModelReference.To(model, change.Number), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A token that fires once when this registry object has moved the alias. Moves by other processes are found by looking it up again.</summary>
    public IChangeToken WatchAlias(string model, string alias)
    {
        ModelReference.RequireName(model, nameof(model));
        ModelReference.RequireName(alias, nameof(alias));
        return _watches.Watch(model, alias);
    }
}
