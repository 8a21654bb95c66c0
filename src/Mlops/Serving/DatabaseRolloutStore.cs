using System.Collections.Concurrent;
using System.Data.Common;
using Mlops.Serving;
using Mlops.Storage;

namespace Mlops;

/// <summary>Keeps rollouts in the database, for every process that shares it; the one that decides holds a lease there. Thread-safe.</summary>
public sealed class DatabaseRolloutStore : IRolloutStore
{
    private const string Columns = "model, digest, version, stable_version, state, share, salt, reason, evidence, started_at, promoted_at, changed_at, carried_out, revision, stable_digest";
    private static readonly Func<DbDataReader, RolloutRecord> Map = static row => new RolloutRecord
    {
        Model = row.GetString(0),
        Digest = row.GetString(1),
        Version = row.GetInt64(2),
        StableVersion = row.GetInt64(3),
        State = Enum.Parse<RolloutState>(row.GetString(4)),
        Share = row.GetDouble(5),
        Salt = row.GetInt64(6),
        Reason = row.IsDBNull(7) ? null : row.GetString(7),
        Evidence = row.IsDBNull(8) ? null : row.GetString(8),
        StartedAt = UnixMicroseconds.ToTime(row.GetInt64(9)),
        PromotedAt = row.IsDBNull(10) ? null : UnixMicroseconds.ToTime(row.GetInt64(10)),
        ChangedAt = UnixMicroseconds.ToTime(row.GetInt64(11)),
        IsCarriedOut = row.GetInt64(12) != 0,
        Revision = row.GetInt64(13),
        StableDigest = row.GetString(14),
    };

    private readonly Database _database;
    private readonly LeaseTable _leases;
    private readonly ConcurrentDictionary<string, Lease> _held = new(StringComparer.Ordinal);

    /// <summary>Creates the store; its table is made when the database opens.</summary>
    public DatabaseRolloutStore(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        database.Require(RolloutSchema.Migrations);
        _database = database;
        _leases = new LeaseTable(database);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default) =>
        await _database.QueryAsync($"SELECT {Columns} FROM serving_rollout WHERE model = @model ORDER BY changed_at, digest", Map, cancellationToken, ("@model", model)).ConfigureAwait(false);

    /// <inheritdoc/>
    /// <remarks>A decision survives the database server too: it must not be taken twice.</remarks>
    public async ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default) =>
        await _database.WriteAsync(record, static (session, record) => Write(session, record), Durability.Power, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        if (_held.TryGetValue(owner, out Lease? held) && await _leases.RenewAsync(held, cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        _held.TryRemove(owner, out _);
        if (await _leases.TryAcquireAsync($"rollout:{model}", owner, duration, cancellationToken).ConfigureAwait(false) is not { } lease)
        {
            return false;
        }

        _held[owner] = lease;
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask SaveEvidenceAsync(string model, string digest, ReadOnlyMemory<byte> evidence, CancellationToken cancellationToken = default) =>
        await _database.WriteAsync((model, digest, evidence), static (session, saved) => Save(session, saved.model, saved.digest, saved.evidence), Durability.Process, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> LoadEvidenceAsync(string model, string digest, CancellationToken cancellationToken = default)
    {
        List<byte[]> saved = await _database.QueryAsync(
            "SELECT evidence FROM serving_rollout_evidence WHERE model = @model AND digest = @digest",
            static row => row.GetFieldValue<byte[]>(0),
            cancellationToken,
            ("@model", model),
            ("@digest", digest)).ConfigureAwait(false);
        return saved.Count == 0 ? ReadOnlyMemory<byte>.Empty : saved[0];
    }

    private static bool Save(SqlSession session, string model, string digest, ReadOnlyMemory<byte> evidence)
    {
        // Changes nothing but holds the row until the commit, so that a decision, which deletes evidence, comes wholly before or wholly after it.
        const string Hold = "UPDATE serving_rollout SET revision = revision WHERE model = @model AND digest = @digest AND state = @running";
        if (session.Execute(Hold, ("@model", model), ("@digest", digest), ("@running", nameof(RolloutState.Running))) == 0)
        {
            return false;
        }

        session.Execute(
            """
            INSERT INTO serving_rollout_evidence (model, digest, evidence) VALUES (@model, @digest, @evidence)
            ON CONFLICT (model, digest) DO UPDATE SET evidence = excluded.evidence
            """,
            ("@model", model), ("@digest", digest), ("@evidence", evidence.ToArray()));
        return true;
    }

    private static bool Write(SqlSession session, RolloutRecord record)
    {
        if (!WriteRecord(session, record))
        {
            return false;
        }

        if (record.State != RolloutState.Running)
        {
            // It holds hashes of keys, which are of no use any more.
            session.Execute("DELETE FROM serving_rollout_evidence WHERE model = @model AND digest = @digest", ("@model", record.Model), ("@digest", record.Digest));
        }

        return true;
    }

    private static bool WriteRecord(SqlSession session, RolloutRecord record)
    {
        string sql = record.Revision == 1
            ? $"""
              INSERT INTO serving_rollout ({Columns}) VALUES (
                  @model, @digest, @version, @stable, @state, @share, @salt, @reason, @evidence, @started, @promoted, @changed, @done, @revision, @digest_before)
              ON CONFLICT (model, digest) DO NOTHING
              """
            : """
              UPDATE serving_rollout SET
                  version = @version, stable_version = @stable, state = @state, share = @share, salt = @salt, reason = @reason, evidence = @evidence,
                  started_at = @started, promoted_at = @promoted, changed_at = @changed, carried_out = @done, revision = @revision, stable_digest = @digest_before
              WHERE model = @model AND digest = @digest AND revision = @revision - 1
              """;
        long? promoted = record.PromotedAt is { } at ? UnixMicroseconds.From(at) : null;
        return session.Execute(
            sql,
            ("@model", record.Model), ("@digest", record.Digest), ("@version", record.Version), ("@stable", record.StableVersion), ("@state", record.State.ToString()),
            ("@share", record.Share), ("@salt", record.Salt), ("@reason", record.Reason), ("@evidence", record.Evidence), ("@started", UnixMicroseconds.From(record.StartedAt)),
            ("@promoted", promoted), ("@changed", UnixMicroseconds.From(record.ChangedAt)), ("@done", record.IsCarriedOut), ("@revision", record.Revision), ("@digest_before", record.StableDigest)) == 1;
    }
}
