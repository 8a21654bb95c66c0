using System.Data.Common;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>The registry's tables. A model's row is locked before anything that is numbered within the model.</summary>
internal sealed class RegistryStore
{
    private const string VersionColumns = "m.name, v.number, v.hash, v.length, v.format, v.registered_at, v.run_id, v.description";

    private readonly Database _database;

    public RegistryStore(Database database)
    {
        _database = database;
        database.Require(RegistrySchema.Migrations);
    }

    public Task<int> RegisterAsync(NewVersion version, CancellationToken cancellationToken) =>
        _database.WriteAsync(version, Register, Durability.Power, cancellationToken);

    public async ValueTask<ModelVersion?> FindAsync(ModelReference reference, CancellationToken cancellationToken)
    {
        List<ModelVersion> found = reference.Alias is { } alias
            ? await _database.QueryAsync(
                $"""
                SELECT {VersionColumns} FROM registry_model m
                JOIN registry_alias a ON a.model_id = m.id AND a.alias = @alias
                JOIN registry_version v ON v.model_id = m.id AND v.number = a.number
                WHERE m.name = @model
                """,
                MapVersion, cancellationToken, ("@alias", alias), ("@model", reference.Model)).ConfigureAwait(false)
            : await _database.QueryAsync(
                $"""
                SELECT {VersionColumns} FROM registry_model m
                JOIN registry_version v ON v.model_id = m.id AND v.number = @number
                WHERE m.name = @model
                """,
                MapVersion, cancellationToken, ("@number", reference.Number), ("@model", reference.Model)).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public ValueTask<List<ModelVersion>> ListAsync(string model, int after, int take, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            $"""
            SELECT {VersionColumns} FROM registry_model m
            JOIN registry_version v ON v.model_id = m.id
            WHERE m.name = @model AND v.number > @after
            ORDER BY v.number LIMIT @take
            """,
            MapVersion, cancellationToken, ("@model", model), ("@after", after), ("@take", take));

    public Task<AliasChange> SetAliasAsync(AliasMove move, CancellationToken cancellationToken) =>
        _database.WriteAsync(move, static (session, move) => Move(session, move, decisionId: null), Durability.Power, cancellationToken);

    public ValueTask<List<AliasChange>> GetHistoryAsync(string model, string alias, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT c.sequence, c.number, c.changed_at, c.actor, c.reason, c.decision_id FROM registry_model m
            JOIN registry_alias_change c ON c.model_id = m.id AND c.alias = @alias
            WHERE m.name = @model ORDER BY c.sequence
            """,
            MapChange, cancellationToken, ("@alias", alias), ("@model", model));

    public Task<PromotionDecision> DecideAsync(NewDecision decision, CancellationToken cancellationToken) =>
        _database.WriteAsync(decision, Decide, Durability.Power, cancellationToken);

    public async ValueTask<PromotionDecision?> FindDecisionAsync(string model, string idempotencyKey, CancellationToken cancellationToken)
    {
        List<PromotionDecision> found = await _database.QueryAsync(
            """
            SELECT d.id, d.accepted, d.candidate, d.previous, d.decided_at, d.evidence FROM registry_model m
            JOIN registry_decision d ON d.model_id = m.id
            WHERE m.name = @model AND d.idempotency_key = @key
            """,
            MapDecision, cancellationToken, ("@model", model), ("@key", idempotencyKey)).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public ValueTask<List<PromotionDecision>> ListDecisionsAsync(string model, string alias, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT d.id, d.accepted, d.candidate, d.previous, d.decided_at, d.evidence FROM registry_model m
            JOIN registry_decision d ON d.model_id = m.id
            WHERE m.name = @model AND d.alias = @alias ORDER BY d.id
            """,
            MapDecision, cancellationToken, ("@model", model), ("@alias", alias));

    private static int Register(SqlSession session, NewVersion version)
    {
        session.Execute(
            "INSERT INTO registry_model (name, last_version, created_at) VALUES (@name, 0, @at) ON CONFLICT (name) DO NOTHING",
            ("@name", version.Model), ("@at", version.At));
        long model = LockModel(session, version.Model)!.Value;
        if (version.IdempotencyKey is not null)
        {
            long? first = session.QueryFirst(
                "SELECT number FROM registry_version WHERE model_id = @model AND idempotency_key = @key",
                static row => (long?)row.GetInt64(0), ("@model", model), ("@key", version.IdempotencyKey));
            if (first is { } known)
            {
                return (int)known;
            }
        }

        long number = session.QueryFirst(
            "UPDATE registry_model SET last_version = last_version + 1 WHERE id = @model RETURNING last_version",
            static row => row.GetInt64(0), ("@model", model));
        ArtifactCatalog.AddReference(session, version.Artifact.Hash, $"registry/{version.Model}/{number}");
        session.Execute(
            """
            INSERT INTO registry_version (model_id, number, hash, length, format, registered_at, run_id, description, idempotency_key)
            VALUES (@model, @number, @hash, @length, @format, @at, @run, @description, @key)
            """,
            ("@model", model), ("@number", number), ("@hash", version.Artifact.Hash.ToArray()), ("@length", version.Artifact.Length),
            ("@format", (long)version.Format), ("@at", version.At), ("@run", version.RunId), ("@description", version.Description), ("@key", version.IdempotencyKey));
        return (int)number;
    }

    private static AliasChange Move(SqlSession session, AliasMove move, long? decisionId)
    {
        long model = LockModel(session, move.Model) ?? throw new ModelNotFoundException(ModelReference.To(move.Model, move.Number));
        if (move.IdempotencyKey is not null)
        {
            AliasChange? first = session.QueryFirst(
                "SELECT sequence, number, changed_at, actor, reason, decision_id FROM registry_alias_change WHERE model_id = @model AND alias = @alias AND idempotency_key = @key",
                MapChange, ("@model", model), ("@alias", move.Alias), ("@key", move.IdempotencyKey));
            if (first is not null)
            {
                return first;
            }
        }

        bool exists = session.QueryFirst(
            "SELECT 1 FROM registry_version WHERE model_id = @model AND number = @number", static _ => true, ("@model", model), ("@number", move.Number));
        if (!exists)
        {
            throw new ModelNotFoundException(ModelReference.To(move.Model, move.Number));
        }

        (long Number, long Sequence)? current = session.QueryFirst(
            "SELECT number, sequence FROM registry_alias WHERE model_id = @model AND alias = @alias",
            static row => ((long, long)?)(row.GetInt64(0), row.GetInt64(1)), ("@model", model), ("@alias", move.Alias));
        if (!move.Expected.Matches((int?)current?.Number))
        {
            throw new AliasConflictException(move.Model, move.Alias, move.Expected, (int?)current?.Number);
        }

        long sequence = (current?.Sequence ?? 0) + 1;
        session.Execute(
            """
            INSERT INTO registry_alias (model_id, alias, number, sequence) VALUES (@model, @alias, @number, @sequence)
            ON CONFLICT (model_id, alias) DO UPDATE SET number = excluded.number, sequence = excluded.sequence
            """,
            ("@model", model), ("@alias", move.Alias), ("@number", move.Number), ("@sequence", sequence));
        session.Execute(
            """
            INSERT INTO registry_alias_change (model_id, alias, sequence, number, changed_at, actor, reason, decision_id, idempotency_key)
            VALUES (@model, @alias, @sequence, @number, @at, @actor, @reason, @decision, @key)
            """,
            ("@model", model), ("@alias", move.Alias), ("@sequence", sequence), ("@number", move.Number), ("@at", move.At),
            ("@actor", move.Actor), ("@reason", move.Reason), ("@decision", decisionId), ("@key", move.IdempotencyKey));
        return new AliasChange(sequence, move.Number, Time(move.At), move.Actor, move.Reason, decisionId);
    }

    private static PromotionDecision Decide(SqlSession session, NewDecision decision)
    {
        AliasMove move = decision.Move;
        long model = LockModel(session, move.Model) ?? throw new ModelNotFoundException(ModelReference.To(move.Model, move.Number));
        if (move.IdempotencyKey is not null)
        {
            PromotionDecision? first = session.QueryFirst(
                "SELECT id, accepted, candidate, previous, decided_at, evidence FROM registry_decision WHERE model_id = @model AND idempotency_key = @key",
                MapDecision, ("@model", model), ("@key", move.IdempotencyKey));
            if (first is not null)
            {
                return first;
            }
        }

        bool accepted = decision.Evidence.All(static gate => gate.Passed);
        long id = session.QueryFirst(
            """
            INSERT INTO registry_decision (model_id, alias, candidate, previous, accepted, decided_at, evidence, idempotency_key)
            VALUES (@model, @alias, @candidate, @previous, @accepted, @at, @evidence, @key) RETURNING id
            """,
            static row => row.GetInt64(0),
            ("@model", model), ("@alias", move.Alias), ("@candidate", move.Number), ("@previous", (long?)move.Expected.Number), ("@accepted", accepted),
            ("@at", move.At), ("@evidence", JsonSerializer.Serialize(decision.Evidence, RegistryJson.Default.IReadOnlyListGateEvidence)), ("@key", move.IdempotencyKey));
        if (accepted)
        {
            Move(session, move with { IdempotencyKey = null }, id);
        }

        return new PromotionDecision(id, accepted, move.Number, move.Expected.Number, Time(move.At), decision.Evidence);
    }

    private static long? LockModel(SqlSession session, string model) => session.QueryFirst(
        session.Dialect.ForUpdate.Length == 0
            ? "SELECT id FROM registry_model WHERE name = @name"
            : "SELECT id FROM registry_model WHERE name = @name FOR UPDATE",
        static row => (long?)row.GetInt64(0), ("@name", model));

    private static ModelVersion MapVersion(DbDataReader row) => new(
        row.GetString(0), (int)row.GetInt64(1), new ContentHash(row.GetFieldValue<byte[]>(2)), row.GetInt64(3), (ModelFormat)row.GetInt64(4),
        Time(row.GetInt64(5)), Text(row, 6), Text(row, 7));

    private static AliasChange MapChange(DbDataReader row) => new(
        row.GetInt64(0), (int)row.GetInt64(1), Time(row.GetInt64(2)), Text(row, 3), Text(row, 4), row.IsDBNull(5) ? null : row.GetInt64(5));

    private static PromotionDecision MapDecision(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1) != 0, (int)row.GetInt64(2), row.IsDBNull(3) ? null : (int)row.GetInt64(3), Time(row.GetInt64(4)),
        JsonSerializer.Deserialize(row.GetString(5), RegistryJson.Default.IReadOnlyListGateEvidence) ?? []);

    private static string? Text(DbDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);

    private static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
