using System.Data.Common;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    private const string ChangeColumns =
        "m.name, c.alias, c.sequence, c.number, c.previous, c.changed, c.actor, c.reason, c.restores, c.decision";

    private static readonly Func<DbDataReader, AliasChange> MapChange = static row => new AliasChange(
        row.GetString(0),
        row.GetString(1),
        row.GetInt64(2),
        ReadNumber(row, 3),
        ReadNumber(row, 4),
        UnixMicroseconds.ToTime(row.GetInt64(5)),
        row.GetString(6),
        ReadText(row, 7),
        row.IsDBNull(8) ? null : row.GetInt64(8),
        row.IsDBNull(9) ? null : row.GetInt64(9));

    private static readonly Func<DbDataReader, AliasState> MapState = static row =>
        new AliasState(row.GetInt64(0), ReadNumber(row, 1), row.GetInt64(2), row.GetInt64(3));

    /// <summary>Changes an alias if it points to what is expected.</summary>
    /// <exception cref="AliasConflictException">It points elsewhere.</exception>
    public Task<MovedAlias> MoveAsync(AliasMove move, CancellationToken cancellationToken) =>
        WriteAsync(move, static (store, session, move) => store.Move(session, move), cancellationToken);

    private MovedAlias Move(SqlSession session, AliasMove move)
    {
        // Before the lock, because the model may be deleted since; and under it, because the first call may have been at the same time.
        if (FindRepeated(session, move) is { } repeated)
        {
            return repeated;
        }

        ModelRow model = LockModel(session, move.Model);
        AliasState current = LockAlias(session, model.Key, move.Alias);
        return FindRepeated(session, move) ?? Move(session, model, current, move);
    }

    private MovedAlias Move(SqlSession session, ModelRow model, AliasState current, AliasMove move)
    {
        if (!move.Expected.Allows(current.Number))
        {
            throw new AliasConflictException(move.Model, move.Alias, move.Expected, current.Number);
        }

        return Apply(session, model, current, move);
    }

    private MovedAlias Apply(SqlSession session, ModelRow model, AliasState current, AliasMove move)
    {
        int? number = null;
        long? restores = null;
        switch (move.Target)
        {
            case AliasTarget.Version:
                RequireVersion(session, model, move.Number!.Value);
                number = move.Number;
                break;
            case AliasTarget.EarlierVersion:
                (number, restores) = FindEarlier(session, model, move, current);
                break;
        }

        // History is read by time, so time must not go back even where a clock did.
        var change = new AliasChange(
            move.Model, move.Alias, current.Sequence + 1, number, current.Number,
            UnixMicroseconds.ToTime(Math.Max(move.Time, current.Changed)), move.Actor, move.Reason, restores, move.Decision);
        Store(session, model.Key, change, move.IdempotencyKey);
        AddEvent(session, model, new RegistryEvent("registry.alias.changed", change.Actor, UnixMicroseconds.From(change.At))
        {
            Number = change.Number,
            Alias = change.Alias,
            Previous = change.Previous,
            Sequence = change.Sequence,
            Decision = change.DecisionId,
        });
        return new MovedAlias(new AliasPosition(model.Key, change.Sequence), change, IsNew: true);
    }

    private static AliasState LockAlias(SqlSession session, long model, string alias)
    {
        session.Execute(
            """
            INSERT INTO registry_alias (model, alias, number, sequence, changed) VALUES (@model, @alias, NULL, 0, 0)
            ON CONFLICT (model, alias) DO NOTHING
            """,
            ("@model", model), ("@alias", alias));
        return session.QueryFirst(
            session.Dialect.ForUpdate.Length == 0
                ? "SELECT model, number, sequence, changed FROM registry_alias WHERE model = @model AND alias = @alias"
                : "SELECT model, number, sequence, changed FROM registry_alias WHERE model = @model AND alias = @alias FOR UPDATE",
            MapState,
            ("@model", model), ("@alias", alias));
    }

    private static void Store(SqlSession session, long model, AliasChange change, string? key)
    {
        session.Execute(
            "UPDATE registry_alias SET number = @number, sequence = @sequence, changed = @changed WHERE model = @model AND alias = @alias",
            ("@number", (long?)change.Number), ("@sequence", change.Sequence), ("@changed", UnixMicroseconds.From(change.At)),
            ("@model", model), ("@alias", change.Alias));
        int added = session.Execute(
            """
            INSERT INTO registry_alias_change
                (model, alias, sequence, number, previous, changed, actor, reason, restores, decision, idempotency_key)
            VALUES (@model, @alias, @sequence, @number, @previous, @changed, @actor, @reason, @restores, @decision, @key)
            ON CONFLICT (idempotency_key) DO NOTHING
            """,
            ("@model", model), ("@alias", change.Alias), ("@sequence", change.Sequence), ("@number", (long?)change.Number),
            ("@previous", (long?)change.Previous), ("@changed", UnixMicroseconds.From(change.At)), ("@actor", change.Actor),
            ("@reason", change.Reason), ("@restores", change.Restores), ("@decision", change.DecisionId), ("@key", key));
        if (added == 0)
        {
            throw new IdempotencyConflictException(key!, "a change of another alias that was made at the same time");
        }
    }

    /// <summary>The version before the one that the alias points to, not counting what rollbacks have stepped over and what was deleted.</summary>
    private static (int? Number, long? Restores) FindEarlier(SqlSession session, ModelRow model, AliasMove move, AliasState current)
    {
        (int? Number, long? Restores) found = session.QueryFirst(
            """
            SELECT e.number, COALESCE(e.restores, e.sequence) FROM registry_alias_change e
            WHERE e.model = @model AND e.alias = @alias AND e.number IS NOT NULL AND e.number <> @current
                AND e.sequence < (
                    SELECT COALESCE(c.restores, c.sequence) FROM registry_alias_change c
                    WHERE c.model = @model AND c.alias = @alias AND c.sequence = @sequence)
                AND EXISTS (
                    SELECT 1 FROM registry_version v
                    WHERE v.model = e.model AND v.number = e.number AND v.number > @removed AND v.deleted IS NULL)
            ORDER BY e.sequence DESC LIMIT 1
            """,
            static row => (ReadNumber(row, 0), (long?)row.GetInt64(1)),
            ("@model", model.Key), ("@alias", move.Alias), ("@current", (long)current.Number.GetValueOrDefault()), ("@sequence", current.Sequence),
            ("@removed", model.RemovedThrough));
        if (found.Number is not null)
        {
            return found;
        }

        throw current.Sequence == 0
            ? new AliasNotFoundException(move.Model, move.Alias)
            : new NoEarlierVersionException(move.Model, move.Alias, current.Number);
    }

    /// <summary>What the first call under the key of this one did; null when this is the first.</summary>
    /// <exception cref="IdempotencyConflictException">The first call was another one.</exception>
    private static MovedAlias? FindRepeated(SqlSession session, AliasMove move)
    {
        if (move.IdempotencyKey is not { } key)
        {
            return null;
        }

        MovedAlias? first = session.QueryFirst(
            $"SELECT {ChangeColumns}, c.model FROM registry_alias_change c JOIN registry_model m ON m.model = c.model WHERE c.idempotency_key = @key",
            static row => new MovedAlias(new AliasPosition(row.GetInt64(10), row.GetInt64(2)), MapChange(row), IsNew: false), ("@key", key));
        return first is null || IsRepeated(move, first.Change)
            ? first
            : throw new IdempotencyConflictException(
                key, string.Create(CultureInfo.InvariantCulture, $"change {first.Change.Sequence} of '{first.Change.Model}@{first.Change.Alias}'"));
    }

    private static bool IsRepeated(AliasMove move, AliasChange first) =>
        first.Model == move.Model && first.Alias == move.Alias && move.Target switch
        {
            AliasTarget.Nothing => first.Number is null,
            AliasTarget.EarlierVersion => first.Restores is not null,
            _ => first.Restores is null && first.Number == move.Number,
        };
}
