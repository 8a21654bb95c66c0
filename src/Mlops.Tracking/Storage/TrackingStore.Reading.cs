using System.Data.Common;
using System.Runtime.InteropServices;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    private static readonly Func<DbDataReader, RunRow> MapRun = static row => new RunRow(
        row.GetInt64(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.IsDBNull(4) ? null : row.GetString(4),
        (RunStatus)row.GetInt64(5),
        row.GetInt64(6),
        row.IsDBNull(7) ? null : row.GetInt64(7),
        row.GetInt64(8),
        row.GetInt64(9),
        row.IsDBNull(10) ? null : row.GetInt64(10));

    public async ValueTask<RunRow?> FindRunAsync(string id, CancellationToken cancellationToken)
    {
        List<RunRow> found = await _database.QueryAsync(
            $"""
            SELECT {RunColumnList}
            FROM tracking_run r
            JOIN tracking_experiment e ON e.experiment = r.experiment
            LEFT JOIN tracking_run p ON p.run = r.parent
            WHERE r.id = @id AND {RunLifecycleSql.Kept}
            """,
            MapRun, cancellationToken, ("@id", id)).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Every point of a series in its order, from one snapshot: a packing that runs meanwhile neither hides nor doubles a point.</summary>
    public async ValueTask<List<Sample>> ReadHistoryAsync(long run, string name, CancellationToken cancellationToken)
    {
        (List<SeriesPart> parts, long metric) = await ReadPartsAsync(run, name, cancellationToken).ConfigureAwait(false);
        List<Sample> points = [];
        foreach (SeriesPart part in parts)
        {
            part.Decode(metric, points);
        }

        SortUnlessSorted(points);
        return points;
    }

    /// <summary>A series in at most so many buckets, from one snapshot as well. Chunks are read through one buffer.</summary>
    public async ValueTask<MetricBucket[]> ReadEnvelopeAsync(long run, string name, int buckets, CancellationToken cancellationToken)
    {
        (List<SeriesPart> parts, long metric) = await ReadPartsAsync(run, name, cancellationToken).ConfigureAwait(false);
        List<Sample> tail = [];
        foreach (SeriesPart part in parts.Where(static part => !part.IsChunk))
        {
            part.Decode(metric, tail);
        }

        SortUnlessSorted(tail);
        long packed = parts.Sum(static part => part.ChunkPoints);
        return Envelope(parts, metric, new EnvelopeBuilder(packed + tail.Count, buckets), tail)
            ?? EnvelopeBuilder.Build(await ReadHistoryAsync(run, name, cancellationToken).ConfigureAwait(false), buckets);
    }

    /// <summary>The envelope, as long as every part begins behind the one before; else null: points came out of their order.</summary>
    private static MetricBucket[]? Envelope(List<SeriesPart> parts, long metric, EnvelopeBuilder builder, List<Sample> tail)
    {
        List<Sample> points = new(Packing.MaximumChunkPoints);
        foreach (SeriesPart part in parts.Where(static part => part.IsChunk))
        {
            points.Clear();
            part.Decode(metric, points);
            if (!builder.TryAdd(CollectionsMarshal.AsSpan(points)))
            {
                return null;
            }
        }

        return builder.TryAdd(CollectionsMarshal.AsSpan(tail)) ? builder.Buckets : null;
    }

    private async ValueTask<(List<SeriesPart> Parts, long Metric)> ReadPartsAsync(long run, string name, CancellationToken cancellationToken)
    {
        if (await FindMetricAsync(name, cancellationToken).ConfigureAwait(false) is not { } metric)
        {
            return ([], 0);
        }

        List<SeriesPart> parts = await _database.QueryAsync(
            """
            SELECT CAST(1 AS BIGINT) AS kind, first_step AS position, chunk AS number, points, payload FROM tracking_chunk
            WHERE run = @run AND metric = @metric
            UNION ALL
            SELECT 0, block, 0, 0, payload FROM tracking_block
            WHERE run = @run AND minimum_metric <= @metric AND maximum_metric >= @metric
            ORDER BY kind DESC, position, number
            """,
            static row => new SeriesPart(row.GetInt64(0) == 1, row.GetInt64(3), row.GetFieldValue<byte[]>(4)),
            cancellationToken, ("@run", run), ("@metric", metric)).ConfigureAwait(false);
        return (parts, metric);
    }

    private async ValueTask<long?> FindMetricAsync(string name, CancellationToken cancellationToken)
    {
        if (_metricKeys.TryGetValue(name, out long known))
        {
            return known;
        }

        List<long> found = await _database.QueryAsync(
            "SELECT metric FROM tracking_key WHERE name = @name", static row => row.GetInt64(0), cancellationToken, ("@name", name))
            .ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    private static void SortUnlessSorted(List<Sample> points)
    {
        for (int i = 1; i < points.Count; i++)
        {
            if (points[i].CompareTo(points[i - 1]) < 0)
            {
                points.Sort();
                return;
            }
        }
    }

    /// <summary>A chunk, or a block that may hold points of the series.</summary>
    private readonly record struct SeriesPart(bool IsChunk, long ChunkPoints, byte[] Payload)
    {
        public void Decode(long metric, List<Sample> points)
        {
            if (IsChunk)
            {
                MetricChunk.Decode(Payload, points);
            }
            else
            {
                MetricBlock.Decode(Payload, metric, points);
            }
        }
    }
}
