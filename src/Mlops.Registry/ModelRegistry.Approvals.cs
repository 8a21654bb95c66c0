namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    /// <summary>
    /// Approves a version, for one alias or for every one. An entry is added each time; for an alias, an actor's newest entry that is for it
    /// or for every alias says whether the actor approves. <see cref="PromotionGate.Approved"/> counts those who do.
    /// </summary>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    public Task<Approval> ApproveAsync(string model, int number, ApprovalOptions? options = null, CancellationToken cancellationToken = default) =>
        AddApprovalAsync(model, number, isApproved: true, options ?? new ApprovalOptions(), cancellationToken);

    /// <summary>Withdraws the approval that the actor gave, for one alias or for every one. Both entries stay.</summary>
    /// <exception cref="ApprovalNotFoundException">The actor approves of nothing that could be withdrawn.</exception>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    public Task<Approval> WithdrawApprovalAsync(string model, int number, ApprovalOptions? options = null, CancellationToken cancellationToken = default) =>
        AddApprovalAsync(model, number, isApproved: false, options ?? new ApprovalOptions(), cancellationToken);

    /// <summary>Every approval and withdrawal of a version, the earliest first; also when model or version were deleted since.</summary>
    public async Task<IReadOnlyList<Approval>> ListApprovalsAsync(string model, int number, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireVersion(number, nameof(number));
        return await _store.ReadApprovalsAsync(model, number, cancellationToken).ConfigureAwait(false);
    }

    private Task<Approval> AddApprovalAsync(string model, int number, bool isApproved, ApprovalOptions options, CancellationToken cancellationToken)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireVersion(number, nameof(number));
        if (options.Alias is { } alias)
        {
            Names.RequireAlias(alias, $"{nameof(options)}.{nameof(options.Alias)}");
        }

        Names.RequireActor(options.Actor, $"{nameof(options)}.{nameof(options.Actor)}");
        Names.RequireText(options.Reason, $"{nameof(options)}.{nameof(options.Reason)}");
        Names.RequireIdempotencyKey(options.IdempotencyKey, $"{nameof(options)}.{nameof(options.IdempotencyKey)}");
        return AddAsync(new NewApproval(
            model, number, options.Alias, isApproved, options.Actor ?? _options.Actor, options.Reason, options.IdempotencyKey, Now));

        async Task<Approval> AddAsync(NewApproval approval)
        {
            (Approval entry, bool added) = await _store.AddApprovalAsync(approval, cancellationToken).ConfigureAwait(false);
            if (added)
            {
                _logger.ApprovalChanged(entry.Model, entry.Number, entry.IsApproved, entry.Actor);
                Changed();
            }

            return entry;
        }
    }
}
