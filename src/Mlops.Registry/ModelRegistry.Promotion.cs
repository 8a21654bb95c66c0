namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    /// <summary>
    /// Asks every gate about the candidate and moves the alias if all pass. The decision and what each gate said are stored in the same
    /// transaction as the move; a rejection is stored too. The move is conditional on the alias still naming what the gates compared with.
    /// </summary>
    /// <exception cref="AliasConflictException">The alias was moved while the gates were asked; nothing was decided.</exception>
    public async Task<PromotionDecision> PromoteAsync(
        ModelVersion candidate, IReadOnlyList<IPromotionGate> gates, PromotionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(gates);
        options ??= new PromotionOptions();
        ModelReference.RequireName(options.Alias, nameof(options));
        if (options.IdempotencyKey is { } key
            && await _store.FindDecisionAsync(candidate.Model, key, cancellationToken).ConfigureAwait(false) is { } first)
        {
            return first;
        }

        ModelVersion? current = await FindAsync(ModelReference.To(candidate.Model, options.Alias), cancellationToken).ConfigureAwait(false);
        var context = new PromotionContext(candidate, current, options.Alias, this);
        var evidence = new List<GateEvidence>(gates.Count);
        foreach (IPromotionGate gate in gates)
        {
            evidence.Add(await AskAsync(gate, context, cancellationToken).ConfigureAwait(false));
        }

        var move = new AliasMove(candidate.Model, options.Alias, candidate.Number, current?.Number, Now(), options.Actor, options.Reason, options.IdempotencyKey);
        PromotionDecision decision = await _store.DecideAsync(new NewDecision(move, evidence), cancellationToken).ConfigureAwait(false);
        if (decision.Accepted)
        {
            _watches.Fire(candidate.Model, options.Alias);
        }

        return decision;
    }

    /// <summary>The decisions about an alias, oldest first.</summary>
    public async Task<IReadOnlyList<PromotionDecision>> ListDecisionsAsync(string model, string alias, CancellationToken cancellationToken = default)
    {
        ModelReference.RequireName(model, nameof(model));
        ModelReference.RequireName(alias, nameof(alias));
        return await _store.ListDecisionsAsync(model, alias, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<GateEvidence> AskAsync(IPromotionGate gate, PromotionContext context, CancellationToken cancellationToken)
    {
        try
        {
            GateResult result = await gate.EvaluateAsync(context, cancellationToken).ConfigureAwait(false);
            return new GateEvidence(gate.Name, result.Passed, result.Evidence);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A gate that cannot judge has not passed.
            return new GateEvidence(gate.Name, Passed: false, $"{exception.GetType().Name}: {exception.Message}");
        }
    }
}
