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
        row.IsDBNull(10) ? null : row.GetInt64(10),
        !row.IsDBNull(11) && row.GetInt64(11) == 1);

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

    /// <summary>Every point of a series once, in its order, from one snapshot: a packing that runs meanwhile neither hides nor doubles a point.</summary>
    public async ValueTask<List<Sample>> ReadHistoryAsync(long run, string name, CancellationToken cancellationToken)
    {
        List<Sample> points = [];
        await ReadPartsAsync(run, name, (part, _, metric) => part.Decode(metric, points), cancellationToken).ConfigureAwait(false);
        SampleSet.Of(points);
        return points;
    }

    /// <summary>A series in at most so many buckets, from one snapshot as well; chunk after chunk goes through one buffer.</summary>
    public async ValueTask<MetricBucket[]> ReadEnvelopeAsync(long run, string name, int buckets, CancellationToken cancellationToken)
    {
        EnvelopeBuilder? builder = null;
        bool inOrder = true;
        List<Sample> chunk = new(Packing.MaximumChunkPoints), tail = [];
        await ReadPartsAsync(run, name, Add, cancellationToken).ConfigureAwait(false);
        if (builder is null)
        {
            return [];
        }

        // The series' number of points counts what older code stored twice, until it is packed.
        bool isSet = SampleSet.Of(tail) == 0;
        return isSet && inOrder && builder.TryAdd(CollectionsMarshal.AsSpan(tail))
            ? builder.Buckets
            : EnvelopeBuilder.Build(await ReadHistoryAsync(run, name, cancellationToken).ConfigureAwait(false), buckets);

        void Add(SeriesPart part, long points, long metric)
        {
            builder ??= new EnvelopeBuilder(points, buckets);
            chunk.Clear();
            part.Decode(metric, part.IsChunk ? chunk : tail);
            inOrder = inOrder && builder.TryAdd(CollectionsMarshal.AsSpan(chunk));
        }
    }

    /// <summary>
    /// Hands over what holds points of a series, chunks in their order and then blocks, with the number of all its points and its key. Both
    /// engines give the parts as they stand in the text; an ORDER BY over the whole would make SQLite carry every payload through a sorter.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="name">The metric.</param>
    /// <param name="read">Takes a part.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <param name="part">Chunks that do not reach into it are left out; null for the whole series.</param>
    private async ValueTask ReadPartsAsync(
        long run, string name, Action<SeriesPart, long, long> read, CancellationToken cancellationToken, SeriesSpan? part = null)
    {
        SeriesSpan span = part ?? SeriesSpan.All;
        if (await FindMetricAsync(name, cancellationToken).ConfigureAwait(false) is not { } metric)
        {
            return;
        }

        await _database.QueryAsync(
            $"""
            SELECT kind, payload, (SELECT points FROM tracking_series WHERE run = @run AND metric = @metric) FROM (
                SELECT CAST(1 AS BIGINT) AS kind, payload FROM tracking_chunk
                WHERE run = @run AND metric = @metric AND {SeriesSpan.Chunks}
                ORDER BY first_step, chunk) c
            UNION ALL
            SELECT kind, payload, (SELECT points FROM tracking_series WHERE run = @run AND metric = @metric) FROM (
                SELECT CAST(0 AS BIGINT) AS kind, payload FROM tracking_block
                WHERE run = @run AND minimum_metric <= @metric AND maximum_metric >= @metric
                ORDER BY block) b
            """,
            row =>
            {
                if (!row.IsDBNull(2))
                {
                    read(new SeriesPart(row.GetInt64(0) == 1, row.GetFieldValue<byte[]>(1)), row.GetInt64(2), metric);
                }

                return 0;
            },
            cancellationToken, ("@run", run), ("@metric", metric),
            ("@fromStep", span.FromStep), ("@fromTime", span.FromTime), ("@toStep", span.ToStep), ("@toTime", span.ToTime)).ConfigureAwait(false);
    }

    /// <summary>A chunk, or a block that may hold points of the series.</summary>
    private readonly record struct SeriesPart(bool IsChunk, byte[] Payload)
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
