using System.Data.Common;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    private const string SelectDecision =
        """
        SELECT d.decision, m.name, d.number, d.alias, d.previous, d.alias_sequence, d.evidence, d.decided, d.actor, d.reason
        FROM registry_decision d JOIN registry_model m ON m.model = d.model

        """;

    private static readonly Func<DbDataReader, PromotionDecision> MapDecision = static row => new PromotionDecision
    {
        Id = row.GetInt64(0),
        Model = row.GetString(1),
        Candidate = (int)row.GetInt64(2),
        Alias = row.GetString(3),
        Previous = ReadNumber(row, 4),
        AliasSequence = row.IsDBNull(5) ? null : row.GetInt64(5),
        Accepted = !row.IsDBNull(5),
        Evidence = RegistryJson.ReadNumbers(row.GetString(6)),
        At = UnixMicroseconds.ToTime(row.GetInt64(7)),
        Actor = row.GetString(8),
        Reason = ReadText(row, 9),
        Gates = [],
    };

    private static readonly Dictionary<string, string> EmptyFacts = [];

    /// <summary>Stores a decision, and moves the alias in the same transaction when it was accepted.</summary>
    /// <returns>The decision's number, whether this call made it, and the change of the alias when it made one.</returns>
    /// <exception cref="AliasConflictException">The alias has moved since the gates were asked.</exception>
    public Task<DecidedPromotion> DecideAsync(NewDecision decision, CancellationToken cancellationToken) =>
        WriteAsync(decision, static (store, session, decision) => store.Decide(session, decision), cancellationToken);

    public async ValueTask<PromotionDecision?> FindDecisionAsync(long id, CancellationToken cancellationToken)
    {
        List<PromotionDecision> found = await _database.QueryAsync(
            SelectDecision + "WHERE d.decision = @decision", MapDecision, cancellationToken, ("@decision", id)).ConfigureAwait(false);
        return await WithGatesAsync(found, cancellationToken).ConfigureAwait(false) is [var decision] ? decision : null;
    }

    public async ValueTask<PromotionDecision?> FindDecisionAsync(string idempotencyKey, CancellationToken cancellationToken)
    {
        List<PromotionDecision> found = await _database.QueryAsync(
            SelectDecision + "WHERE d.idempotency_key = @key", MapDecision, cancellationToken, ("@key", idempotencyKey)).ConfigureAwait(false);
        return await WithGatesAsync(found, cancellationToken).ConfigureAwait(false) is [var decision] ? decision : null;
    }

    /// <summary>Decisions on an alias, the newest first, older than the one given.</summary>
    public async ValueTask<List<PromotionDecision>> ListDecisionsAsync(
        string model, string alias, int take, long before, CancellationToken cancellationToken)
    {
        List<PromotionDecision> found = await _database.QueryAsync(
            SelectDecision + "WHERE m.name = @model AND d.alias = @alias AND d.decision < @before ORDER BY d.decision DESC LIMIT @take",
            MapDecision, cancellationToken, ("@model", model), ("@alias", alias), ("@before", before), ("@take", take)).ConfigureAwait(false);
        return await WithGatesAsync(found, cancellationToken).ConfigureAwait(false);
    }

    private DecidedPromotion Decide(SqlSession session, NewDecision decision)
    {
        ModelRow model = LockModel(session, decision.Model);

        // Under the alias's lock, so that of two repeated promotions the second sees the first.
        AliasState current = LockAlias(session, model.Key, decision.Alias);
        if (decision.IdempotencyKey is { } key && FindDecisionByKey(session, key) is { } first)
        {
            return new DecidedPromotion(first, IsNew: false, null);
        }

        if (decision.ApprovalSeen is { } seen && NewestApproval(session, model.Key, decision.Version) != seen)
        {
            throw new ApprovalConflictException(decision.Model, decision.Version);
        }

        long? id = session.QueryFirst(
            """
            INSERT INTO registry_decision
                (model, number, alias, previous, alias_sequence, evidence, decided, actor, reason, idempotency_key)
            VALUES (@model, @number, @alias, @previous, @sequence, @evidence, @decided, @actor, @reason, @key)
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING decision
            """,
            static row => (long?)row.GetInt64(0),
            ("@model", model.Key), ("@number", decision.Version), ("@alias", decision.Alias), ("@previous", (long?)decision.Current),
            ("@sequence", decision.IsAccepted ? current.Sequence + 1 : (long?)null), ("@evidence", RegistryJson.Write(decision.Evidence)),
            ("@decided", decision.Time), ("@actor", decision.Actor), ("@reason", decision.Reason), ("@key", decision.IdempotencyKey));
        if (id is null)
        {
            throw new IdempotencyConflictException(decision.IdempotencyKey!, "a promotion of another alias that was decided at the same time");
        }

        for (int i = 0; i < decision.Gates.Count; i++)
        {
            GateOutcome gate = decision.Gates[i];
            session.Execute(
                """
                INSERT INTO registry_gate (decision, position, name, verdict, reason, numbers, facts)
                VALUES (@decision, @position, @name, @verdict, @reason, @numbers, @facts)
                """,
                ("@decision", id.Value), ("@position", i), ("@name", gate.Name), ("@verdict", (long)gate.Verdict),
                ("@reason", gate.Reason), ("@numbers", RegistryJson.Write(gate.Numbers)),
                ("@facts", gate.Facts.Count == 0 ? null : RegistryJson.Write(gate.Facts)));
        }

        AddEvent(session, model, new RegistryEvent("registry.promotion.decided", decision.Actor, decision.Time)
        {
            Number = decision.Version,
            Alias = decision.Alias,
            Previous = decision.Current,
            Decision = id.Value,
            IsAccepted = decision.IsAccepted,
        });
        return new DecidedPromotion(id.Value, IsNew: true, decision.IsAccepted ? Move(session, model, current, ToMove(decision, id.Value)) : null);
    }

    private static AliasMove ToMove(NewDecision decision, long id) => new(
        decision.Model, decision.Alias, decision.Current,
        decision.Actor, decision.Reason ?? string.Create(CultureInfo.InvariantCulture, $"promotion decision {id}"), null, decision.Time)
    {
        Number = decision.Version,
        Decision = id,
    };

    private static long? FindDecisionByKey(SqlSession session, string key) => session.QueryFirst(
        "SELECT decision FROM registry_decision WHERE idempotency_key = @key", static row => (long?)row.GetInt64(0), ("@key", key));

    /// <summary>Adds what the gates said in one query, however many decisions they are.</summary>
    private async ValueTask<List<PromotionDecision>> WithGatesAsync(List<PromotionDecision> decisions, CancellationToken cancellationToken)
    {
        if (decisions.Count == 0)
        {
            return decisions;
        }

        (string keys, (string Name, SqlValue Value)[] arguments) = KeyList.Of(decisions.ConvertAll(static decision => decision.Id));
        ILookup<long, (long Decision, GateOutcome Outcome)> gates = (await _database.QueryAsync(
            $"SELECT decision, name, verdict, reason, numbers, facts FROM registry_gate WHERE decision IN ({keys}) ORDER BY decision, position",
            static row => (Decision: row.GetInt64(0), Outcome: new GateOutcome(
                row.GetString(1), (GateVerdict)row.GetInt64(2), row.GetString(3), RegistryJson.ReadNumbers(row.GetString(4)))
            {
                Facts = row.IsDBNull(5) ? EmptyFacts : RegistryJson.ReadFacts(row.GetString(5)),
            }),
            cancellationToken, arguments).ConfigureAwait(false)).ToLookup(static gate => gate.Decision);
        return decisions.ConvertAll(decision => decision with { Gates = [.. gates[decision.Id].Select(static gate => gate.Outcome)] });
    }
}
