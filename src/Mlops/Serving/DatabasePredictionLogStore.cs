using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mlops.Serving;
using Mlops.Storage;

namespace Mlops;

/// <summary>
/// Keeps the prediction log in the database, for every process that shares it. Thread-safe. An outcome may come before its prediction is stored, and waits for it as
/// long as predictions are kept.
/// </summary>
public sealed class DatabasePredictionLogStore : IPredictionLogStore
{
    // Unset filters are parameters that let everything through, so that each query is one text; but a call is looked up by its id, which no planner sees in such a text.
    internal const string ListSql = Columns + " p.model = @model " + Filters;

    // The empty text keeps the index of the model, which is in the order of the answer, from being taken for the better one.
    internal const string ListOfCallSql = Columns + " p.id = @id AND p.model || '' = @model " + Filters;

    private const string Columns = """
        SELECT p.id, p.row_index, p.model, p.version, p.digest, p.variant, p.propensity, p.made_at, p.duration_ns, p.queue_ns, p.compute_ns,
            p.routing_key_hash, p.feature_names, p.features, p.outputs, p.output_length, o.value, o.happened_at
        FROM serving_prediction p LEFT JOIN serving_outcome o ON o.id = p.id AND o.row_index = p.row_index AND o.model = p.model
        WHERE
        """;

    private const string Filters = """
        AND p.made_at >= @from AND p.made_at < @to AND (p.made_at, p.id, p.row_index) < (@before, @before_id, @before_row)
            AND (@any_version = 1 OR p.digest = @digest) AND (@any_outcome = 1 OR o.value IS NOT NULL)
        ORDER BY p.made_at DESC, p.id DESC, p.row_index DESC LIMIT @take
        """;

    private const long NanosecondsPerTick = TimeSpan.NanosecondsPerTick;
    private readonly Database _database;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates the store; its tables are made when the database opens.</summary>
    public DatabasePredictionLogStore(Database database, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        database.Require(PredictionLogSchema.Migrations);
        _database = database;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(IReadOnlyList<LoggedPrediction> predictions, IReadOnlyList<PredictionOutcome> outcomes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(outcomes);
        await _database.WriteAsync(
            (predictions, outcomes, Now: UnixMicroseconds.From(_timeProvider.GetUtcNow())),
            static (session, s) =>
            {
                foreach (LoggedPrediction prediction in s.predictions)
                {
                    Insert(session, prediction);
                }

                foreach (PredictionOutcome outcome in s.outcomes)
                {
                    Insert(session, in outcome, s.Now);
                }

                return true;
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LoggedPrediction>> ListAsync(PredictionLogQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        List<(string Name, SqlValue Value)> arguments =
        [
            ("@model", query.Model),
            ("@from", FirstMicrosecond(query.From, long.MinValue)),
            ("@to", FirstMicrosecond(query.To, long.MaxValue)),
            ("@before", query.Before is { } last ? UnixMicroseconds.From(last.Timestamp) : long.MaxValue),
            ("@before_id", query.Before?.Id.ToString() ?? ""),
            ("@before_row", (long)(query.Before?.Row ?? 0)),
            ("@any_version", query.VersionDigest is null),
            ("@digest", query.VersionDigest ?? ""),
            ("@any_outcome", !query.OnlyWithOutcome),
            ("@take", (long)query.Take),
        ];
        if (query.Id is { } id)
        {
            arguments.Add(("@id", id.ToString()));
        }

        return await _database.QueryAsync(query.Id is null ? ListSql : ListOfCallSql, Read, cancellationToken, [.. arguments]).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Survives the loss of power once it has returned.</remarks>
    public async ValueTask<long> DeleteByRoutingKeyAsync(string routingKeyHash, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(routingKeyHash);
        return await _database.WriteAsync(
            routingKeyHash,
            static (session, hash) =>
            {
                session.Execute(
                    "DELETE FROM serving_outcome WHERE (id, row_index) IN (SELECT id, row_index FROM serving_prediction WHERE routing_key_hash = @hash)", ("@hash", hash));
                return session.Execute("DELETE FROM serving_prediction WHERE routing_key_hash = @hash", ("@hash", hash));
            },
            Durability.Power,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<int> DeleteBeforeAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        return await _database.WriteAsync(
            (Before: FirstMicrosecond(before, long.MinValue), Maximum: (long)maximum),
            static (session, s) =>
            {
                const string Old = "SELECT id, row_index FROM serving_prediction WHERE made_at < @before ORDER BY made_at, id, row_index LIMIT @maximum";
                session.Execute($"DELETE FROM serving_outcome WHERE (id, row_index) IN ({Old})", ("@before", s.Before), ("@maximum", s.Maximum));
                int predictions = session.Execute($"DELETE FROM serving_prediction WHERE (id, row_index) IN ({Old})", ("@before", s.Before), ("@maximum", s.Maximum));
                return predictions + session.Execute(
                    """
                    DELETE FROM serving_outcome WHERE (id, row_index) IN (
                        SELECT o.id, o.row_index FROM serving_outcome o
                        WHERE o.stored_at < @before AND NOT EXISTS (SELECT 1 FROM serving_prediction p WHERE p.id = o.id AND p.row_index = o.row_index)
                        ORDER BY o.stored_at, o.id, o.row_index LIMIT @maximum)
                    """,
                    ("@before", s.Before), ("@maximum", s.Maximum));
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    private static void Insert(SqlSession session, LoggedPrediction prediction) => session.Execute(
        """
        INSERT INTO serving_prediction (id, row_index, model, version, digest, variant, propensity, made_at, duration_ns, queue_ns, compute_ns,
            routing_key_hash, feature_names, features, outputs, output_length)
        VALUES (@id, @row, @model, @version, @digest, @variant, @propensity, @at, @duration, @queue, @compute, @key, @names, @features, @outputs, @length)
        ON CONFLICT (id, row_index) DO NOTHING
        """,
        ("@id", prediction.Id.ToString()), ("@row", (long)prediction.Row), ("@model", prediction.Model), ("@version", prediction.Version),
        ("@digest", prediction.VersionDigest), ("@variant", prediction.Variant), ("@propensity", prediction.Propensity),
        ("@at", UnixMicroseconds.From(prediction.Timestamp)), ("@duration", prediction.Duration.Ticks * NanosecondsPerTick),
        ("@queue", prediction.QueueTime.Ticks * NanosecondsPerTick), ("@compute", prediction.ComputeTime.Ticks * NanosecondsPerTick),
        ("@key", prediction.RoutingKeyHash),
        ("@names", prediction.FeatureNames.Count == 0 ? null : JsonSerializer.Serialize(prediction.FeatureNames, NamesJson.Default.IReadOnlyListString)),
        ("@features", prediction.FeatureNames.Count == 0 ? null : ToBytes(prediction.Features)),
        ("@outputs", ToBytes(prediction.Outputs)), ("@length", (long)prediction.OutputLength));

    private static void Insert(SqlSession session, in PredictionOutcome outcome, long now) => session.Execute(
        """
        INSERT INTO serving_outcome (id, row_index, model, value, happened_at, stored_at) VALUES (@id, @row, @model, @value, @at, @now)
        ON CONFLICT DO NOTHING
        """,
        ("@id", outcome.Id.ToString()), ("@row", (long)outcome.Row), ("@model", outcome.Model), ("@value", outcome.Value),
        ("@at", UnixMicroseconds.From(outcome.Timestamp)), ("@now", now));

    private static LoggedPrediction Read(DbDataReader row) => new()
    {
        Id = PredictionId.Parse(row.GetString(0)),
        Row = (int)row.GetInt64(1),
        Model = row.GetString(2),
        Version = row.GetInt64(3),
        VersionDigest = row.GetString(4),
        Variant = row.GetString(5),
        Propensity = row.GetDouble(6),
        Timestamp = UnixMicroseconds.ToTime(row.GetInt64(7)),
        Duration = TimeSpan.FromTicks(row.GetInt64(8) / NanosecondsPerTick),
        QueueTime = TimeSpan.FromTicks(row.GetInt64(9) / NanosecondsPerTick),
        ComputeTime = TimeSpan.FromTicks(row.GetInt64(10) / NanosecondsPerTick),
        RoutingKeyHash = row.IsDBNull(11) ? null : row.GetString(11),
        FeatureNames = row.IsDBNull(12) ? [] : JsonSerializer.Deserialize(row.GetString(12), NamesJson.Default.IReadOnlyListString)!,
        Features = row.IsDBNull(13) ? [] : ToFloats(row.GetFieldValue<byte[]>(13)),
        Outputs = ToFloats(row.GetFieldValue<byte[]>(14)),
        OutputLength = (int)row.GetInt64(15),
        Outcome = row.IsDBNull(16) ? null : row.GetDouble(16),
        OutcomeTimestamp = row.IsDBNull(17) ? null : UnixMicroseconds.ToTime(row.GetInt64(17)),
    };

    // By their bits, so that NaN and infinities are kept.
    private static byte[] ToBytes(IReadOnlyList<float> values)
    {
        byte[] bytes = new byte[values.Count * sizeof(float)];
        for (int i = 0; i < values.Count; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        return bytes;
    }

    private static float[] ToFloats(byte[] bytes)
    {
        float[] values = new float[bytes.Length / sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = System.Buffers.Binary.BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        }

        return values;
    }

    // A bound between two microseconds is the later one, so that what is stored before it stays before it.
    private static long FirstMicrosecond(DateTimeOffset? bound, long none)
    {
        if (bound is not { } time)
        {
            return none;
        }

        long stored = UnixMicroseconds.From(time);
        return UnixMicroseconds.ToTime(stored) < time ? stored + 1 : stored;
    }
}

[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class NamesJson : JsonSerializerContext;
