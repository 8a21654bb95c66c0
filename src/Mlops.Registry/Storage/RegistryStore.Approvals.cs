using System.Data.Common;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    private const string SelectApproval =
        """
        SELECT a.approval, m.name, a.number, a.alias, a.approved, a.given, a.actor, a.reason
        FROM registry_approval a JOIN registry_model m ON m.model = a.model

        """;

    private static readonly Func<DbDataReader, Approval> MapApproval = static row => new Approval(
        row.GetInt64(0),
        row.GetString(1),
        (int)row.GetInt64(2),
        ReadText(row, 3),
        row.GetInt64(4) != 0,
        UnixMicroseconds.ToTime(row.GetInt64(5)),
        row.GetString(6),
        ReadText(row, 7));

    /// <summary>Adds an approval or a withdrawal.</summary>
    /// <returns>The entry, and whether this call added it.</returns>
    public Task<(Approval Entry, bool Added)> AddApprovalAsync(NewApproval approval, CancellationToken cancellationToken) =>
        WriteAsync(approval, static (store, session, approval) => store.AddApproval(session, approval), cancellationToken);

    /// <summary>Every entry of a version, the earliest first; also of one that was deleted.</summary>
    public ValueTask<List<Approval>> ReadApprovalsAsync(string model, int number, CancellationToken cancellationToken) => _database.QueryAsync(
        SelectApproval + "WHERE m.name = @model AND a.number = @number ORDER BY a.approval",
        MapApproval, cancellationToken, ("@model", model), ("@number", number));

    private (Approval Entry, bool Added) AddApproval(SqlSession session, NewApproval approval)
    {
        // Before the lock, because the model may be deleted since; and under it, because the first call may have been at the same time.
        if (FindRepeated(session, approval) is { } repeated)
        {
            return (repeated, false);
        }

        ModelRow model = LockModel(session, approval.Model);
        if (FindRepeated(session, approval) is { } meanwhile)
        {
            return (meanwhile, false);
        }

        RequireVersion(session, model, approval.Number);
        if (!approval.IsApproved && !Stands(session, model, approval))
        {
            throw new ApprovalNotFoundException(approval.Model, approval.Number, approval.Alias, approval.Actor);
        }

        long? id = session.QueryFirst(
            """
            INSERT INTO registry_approval (model, number, alias, approved, actor, reason, given, idempotency_key)
            VALUES (@model, @number, @alias, @approved, @actor, @reason, @given, @key)
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING approval
            """,
            static row => (long?)row.GetInt64(0),
            ("@model", model.Key), ("@number", approval.Number), ("@alias", approval.Alias), ("@approved", approval.IsApproved),
            ("@actor", approval.Actor), ("@reason", approval.Reason), ("@given", approval.Time), ("@key", approval.IdempotencyKey));
        if (id is null)
        {
            throw new IdempotencyConflictException(approval.IdempotencyKey!, "an approval of another model that was given at the same time");
        }

        AddEvent(session, model, new RegistryEvent(
            approval.IsApproved ? "registry.approval.given" : "registry.approval.withdrawn", approval.Actor, approval.Time)
        {
            Number = approval.Number,
            Alias = approval.Alias,
            Approval = id,
        });
        return (new Approval(
            id.Value, approval.Model, approval.Number, approval.Alias, approval.IsApproved, UnixMicroseconds.ToTime(approval.Time), approval.Actor, approval.Reason), true);
    }

    /// <summary>What the first call under the key of this one added; null when this is the first.</summary>
    private static Approval? FindRepeated(SqlSession session, NewApproval approval)
    {
        if (approval.IdempotencyKey is not { } key
            || session.QueryFirst(SelectApproval + "WHERE a.idempotency_key = @key", MapApproval, ("@key", key)) is not { } first)
        {
            return null;
        }

        return first.Model == approval.Model && first.Number == approval.Number && first.Alias == approval.Alias && first.IsApproved == approval.IsApproved
            ? first
            : throw new IdempotencyConflictException(key, string.Create(CultureInfo.InvariantCulture, $"entry {first.Id} on '{first.Model}/{first.Number}'"));
    }

    /// <summary>Whether there is something to withdraw: for one alias, an approval that counts for it; for every alias, any.</summary>
    private static bool Stands(SqlSession session, ModelRow model, NewApproval withdrawal)
    {
        List<Approval> entries = session.Query(
            SelectApproval + "WHERE a.model = @model AND a.number = @number ORDER BY a.approval",
            MapApproval, ("@model", model.Key), ("@number", withdrawal.Number));
        IEnumerable<string> aliases = withdrawal.Alias is { } one ? [one] : entries.Select(static entry => entry.Alias ?? "").Append("").Distinct();
        return aliases.Any(alias => StandingApprovals.For(entries, alias).Exists(entry => StandingApprovals.Actors.Equals(entry.Actor, withdrawal.Actor)));
    }

    private static long NewestApproval(SqlSession session, long model, int number) => session.QueryFirst(
        "SELECT MAX(approval) FROM registry_approval WHERE model = @model AND number = @number",
        static row => row.IsDBNull(0) ? 0 : row.GetInt64(0), ("@model", model), ("@number", number));
}
