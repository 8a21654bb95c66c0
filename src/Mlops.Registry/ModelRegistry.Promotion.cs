using System.Diagnostics;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    /// <summary>
    /// Asks every gate whether the version may have the alias and stores what they said. When all passed, the alias moves in the same
    /// transaction, provided that it still points to the version the gates compared with.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="version">The candidate's number.</param>
    /// <param name="gates">At least one; asked one after the other, all of them, so that the decision holds all the evidence.</param>
    /// <param name="options">The alias it wants, evidence, reason, actor and idempotency key; null for alias <c>champion</c> alone.</param>
    /// <param name="cancellationToken">Cancels the gates; nothing is stored then.</param>
    /// <exception cref="AliasConflictException">The alias moved while the gates were asked; nothing was stored.</exception>
    /// <exception cref="ApprovalConflictException">An approval that a gate counted was given or withdrawn meanwhile; nothing was stored.</exception>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    /// <exception cref="IdempotencyConflictException">The key belongs to the promotion of another version.</exception>
    public Task<PromotionDecision> PromoteAsync(
        string model,
        int version,
        IReadOnlyList<IPromotionGate> gates,
        PromotionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireVersion(version, nameof(version));
        ArgumentNullException.ThrowIfNull(gates);
        options ??= new PromotionOptions();
        Names.RequireAlias(options.Alias, $"{nameof(options)}.{nameof(options.Alias)}");
        if (gates.Count == 0)
        {
            throw new ArgumentException("A promotion needs a gate; to move an alias without one, call SetAliasAsync.", nameof(gates));
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (IPromotionGate gate in gates)
        {
            ArgumentNullException.ThrowIfNull(gate, nameof(gates));
            if (!names.Add(gate.Name))
            {
                throw new ArgumentException($"Two gates are called '{gate.Name}'; give each its own name.", nameof(gates));
            }
        }

        Names.RequireText(options.Reason, $"{nameof(options)}.{nameof(options.Reason)}");
        Names.RequireActor(options.Actor, $"{nameof(options)}.{nameof(options.Actor)}");
        Names.RequireIdempotencyKey(options.IdempotencyKey, $"{nameof(options)}.{nameof(options.IdempotencyKey)}");
        return PromoteCoreAsync(model, version, options.Alias, gates, options, cancellationToken);
    }

    /// <inheritdoc cref="PromoteAsync(string, int, IReadOnlyList{IPromotionGate}, PromotionOptions?, CancellationToken)"/>
    /// <param name="candidate">The candidate.</param>
    /// <param name="gates">At least one; asked one after the other, all of them, so that the decision holds all the evidence.</param>
    /// <param name="options">The alias it wants, evidence, reason, actor and idempotency key; null for alias <c>champion</c> alone.</param>
    /// <param name="cancellationToken">Cancels the gates; nothing is stored then.</param>
    public Task<PromotionDecision> PromoteAsync(
        ModelVersion candidate, IReadOnlyList<IPromotionGate> gates, PromotionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        return PromoteAsync(candidate.Model, candidate.Number, gates, options, cancellationToken);
    }

    /// <summary>Reads a decision; null when there is none of this number.</summary>
    public Task<PromotionDecision?> FindDecisionAsync(long id, CancellationToken cancellationToken = default) =>
        _store.FindDecisionAsync(id, cancellationToken).AsTask();

    /// <summary>Lists decisions on an alias, accepted and rejected, the newest first. A deleted model's can still be read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="take">At most so many, 1 to 1 000.</param>
    /// <param name="before">Only decisions of smaller numbers: the last id of the page before; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async Task<IReadOnlyList<PromotionDecision>> ListDecisionsAsync(
        string model, string alias, int take = 100, long? before = null, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireAlias(alias, nameof(alias));
        RequireTake(take);
        return await _store.ListDecisionsAsync(model, alias, take, before ?? long.MaxValue, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PromotionDecision> PromoteCoreAsync(
        string model, int version, string alias, IReadOnlyList<IPromotionGate> gates, PromotionOptions options, CancellationToken cancellationToken)
    {
        if (options.IdempotencyKey is { } key
            && await _store.FindDecisionAsync(key, cancellationToken).ConfigureAwait(false) is { } first)
        {
            return RequireSame(first, model, version, alias, key);
        }

        using Activity? activity = RegistryTelemetry.StartPromotion(model, version, alias);
        ModelVersion candidate = await GetVersionAsync(model, version, cancellationToken).ConfigureAwait(false);
        (ModelVersion? current, _) = await _store.FindByAliasAsync(model, alias, cancellationToken).ConfigureAwait(false);
        Dictionary<string, double> evidence = options.Evidence is null ? [] : new(options.Evidence, StringComparer.Ordinal);
        var context = new PromotionContext(this, candidate, current, alias, evidence);
        List<GateOutcome> outcomes = new(gates.Count);
        foreach (IPromotionGate gate in gates)
        {
            outcomes.Add(await AskAsync(gate, context, cancellationToken).ConfigureAwait(false));
        }

        var wanted = new NewDecision(
            model, version, alias, current?.Number, outcomes, evidence, options.Actor ?? _options.Actor, options.Reason, options.IdempotencyKey, Now)
        {
            ApprovalSeen = context.ApprovalSeen,
        };
        DecidedPromotion decided = await DecideAsync(wanted, cancellationToken).ConfigureAwait(false);
        if (!decided.IsNew)
        {
            // Somebody else was quicker under the same key.
            return RequireSame(
                (await _store.FindDecisionAsync(decided.Id, cancellationToken).ConfigureAwait(false))!, model, version, alias, options.IdempotencyKey!);
        }

        PromotionDecision decision = wanted.ToDecision(decided);
        Report(activity, decision, decided.Moved);
        return decision;
    }

    /// <summary>From what was written: a decision that is stored is not lost to its caller because reading it back failed.</summary>
    private void Report(Activity? activity, PromotionDecision decision, MovedAlias? moved)
    {
        if (moved is null)
        {
            _logger.PromotionRejected(decision.Model, decision.Candidate, decision.Alias, decision.Id);
            Changed();
        }
        else
        {
            Report(moved);
        }

        _telemetry.Decided(activity, decision);
    }

    private async Task<DecidedPromotion> DecideAsync(NewDecision wanted, CancellationToken cancellationToken)
    {
        try
        {
            return await _store.DecideAsync(wanted, cancellationToken).ConfigureAwait(false);
        }
        catch (AliasConflictException)
        {
            // Who reads again must not get what was wrong.
            Forget();
            throw;
        }
    }

    private async ValueTask<GateOutcome> AskAsync(IPromotionGate gate, PromotionContext context, CancellationToken cancellationToken)
    {
        try
        {
            GateResult result = await gate.EvaluateAsync(context, cancellationToken).ConfigureAwait(false);

            // Copied: what is decided on is what is stored and shown, whatever the gate does with it afterwards.
            return new GateOutcome(gate.Name, result.Verdict, result.Reason, new Dictionary<string, double>(result.Numbers))
            {
                Facts = new Dictionary<string, string>(result.Facts),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (StorageException exception) when (exception.IsTransient || exception.OutcomeUnknown)
        {
            // Says nothing about the candidate. Stored, it would be the answer to every later call with this idempotency key.
            throw;
        }
        catch (Exception exception)
        {
            // Its message stays out of the evidence, which is kept for good and shown to many: it may hold a connection string or a row of data.
            _logger.GateFailed(exception, gate.Name, context.Candidate.Number, context.Candidate.Model);
            return new GateOutcome(gate.Name, GateVerdict.Error, $"the gate threw {exception.GetType().Name}; the log of that time has its message", new Dictionary<string, double>());
        }
    }

    private static PromotionDecision RequireSame(PromotionDecision first, string model, int version, string alias, string key) =>
        first.Model == model && first.Candidate == version && first.Alias == alias
            ? first
            : throw new IdempotencyConflictException(
                key, string.Create(CultureInfo.InvariantCulture, $"decision {first.Id} on '{first.Model}/{first.Candidate}' for '{first.Alias}'"));
}
