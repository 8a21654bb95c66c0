using Microsoft.Extensions.Primitives;

namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    /// <summary>Points an alias to a version if it points to what is expected, and adds that to its history.</summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">1 to 255 letters, digits, <c>.</c>, <c>_</c> or <c>-</c>, no dot first.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="expected">
    /// What the alias must point to: a number, null or <see cref="Expected.None"/> for nothing, <see cref="Expected.Any"/> for whatever it is.
    /// </param>
    /// <param name="options">Why, who and idempotency key; null for none.</param>
    /// <param name="cancellationToken">Withdraws the change while it waits.</param>
    /// <exception cref="AliasConflictException">It points elsewhere; nothing was changed.</exception>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    public Task<AliasChange> SetAliasAsync(
        string model, string alias, int version, Expected expected, AliasChangeOptions? options = null, CancellationToken cancellationToken = default)
    {
        Names.RequireVersion(version, nameof(version));
        return MoveAsync(Describe(model, alias, expected, options) with { Number = version }, cancellationToken);
    }

    /// <summary>Points an alias to nothing if it points to what is expected; its history stays.</summary>
    /// <exception cref="AliasConflictException">It points elsewhere; nothing was changed.</exception>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public Task<AliasChange> RemoveAliasAsync(
        string model, string alias, Expected expected, AliasChangeOptions? options = null, CancellationToken cancellationToken = default) =>
        MoveAsync(Describe(model, alias, expected, options) with { Target = AliasTarget.Nothing }, cancellationToken);

    /// <summary>
    /// Points an alias to the other version that it pointed to before; in one step with finding it. Rolling back again goes further
    /// back, never forth to what was rolled back.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="from">What the alias must point to for the rollback to happen; null for whatever it is.</param>
    /// <param name="options">Why, who and idempotency key; null for none.</param>
    /// <param name="cancellationToken">Withdraws the change while it waits.</param>
    /// <exception cref="AliasConflictException">It points elsewhere; nothing was changed.</exception>
    /// <exception cref="NoEarlierVersionException">It pointed to no other version before.</exception>
    /// <exception cref="AliasNotFoundException">It never pointed anywhere.</exception>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public Task<AliasChange> RollbackAsync(
        string model, string alias, int? from = null, AliasChangeOptions? options = null, CancellationToken cancellationToken = default) =>
        MoveAsync(
            Describe(model, alias, from is { } number ? Expected.Version(number) : Expected.Any, options) with { Target = AliasTarget.EarlierVersion },
            cancellationToken);

    /// <summary>
    /// A token that fires once, at the next change of the alias: at once when it is made through this object, after at most
    /// <see cref="RegistryOptions.PollInterval"/> when another process makes it. Take a token, then read the alias; ask again each time
    /// it has fired. It may fire without a change, never the other way round.
    /// </summary>
    public IChangeToken WatchAlias(string model, string alias)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireAlias(alias, nameof(alias));
        return _watches.Watch(model, alias);
    }

    private AliasMove Describe(string model, string alias, Expected expected, AliasChangeOptions? options)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireAlias(alias, nameof(alias));
        Names.RequireText(options?.Reason, $"{nameof(options)}.{nameof(options.Reason)}");
        Names.RequireActor(options?.Actor, $"{nameof(options)}.{nameof(options.Actor)}");
        Names.RequireIdempotencyKey(options?.IdempotencyKey, $"{nameof(options)}.{nameof(options.IdempotencyKey)}");
        return new AliasMove(model, alias, expected, options?.Actor ?? _options.Actor, options?.Reason, options?.IdempotencyKey, Now);
    }

    private async Task<AliasChange> MoveAsync(AliasMove move, CancellationToken cancellationToken)
    {
        try
        {
            MovedAlias moved = await _store.MoveAsync(move, cancellationToken).ConfigureAwait(false);
            if (moved.IsNew)
            {
                Report(moved);
            }

            return moved.Change;
        }
        catch (AliasConflictException)
        {
            // Who reads again must not get what was wrong.
            Forget();
            throw;
        }
    }

    private void Report(MovedAlias moved)
    {
        AliasChange change = moved.Change;
        _telemetry.Changed(change);
        _logger.AliasChanged(change.Model, change.Alias, change.Number, change.Previous, change.Sequence, change.Actor);
        Changed();
        _watches.Raise(moved);
    }

    /// <summary>Something was written through this object: what was read before may not be so any more, here and elsewhere.</summary>
    private void Changed()
    {
        Forget();
        _outbox?.Signal();
        _database.Signal(RegistrySchema.Migrations.Feature);
    }

    private void Forget() => _cache?.Clear();
}
