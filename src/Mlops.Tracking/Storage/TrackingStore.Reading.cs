using System.Data.Common;

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
        if (await FindMetricAsync(name, cancellationToken).ConfigureAwait(false) is not { } metric)
        {
            return [];
        }

        List<(bool IsChunk, byte[] Payload)> parts = await _database.QueryAsync(
            """
            SELECT CAST(1 AS BIGINT) AS kind, first_step AS position, chunk AS number, payload FROM tracking_chunk
            WHERE run = @run AND metric = @metric
            UNION ALL
            SELECT 0, block, 0, payload FROM tracking_block
            WHERE run = @run AND minimum_metric <= @metric AND maximum_metric >= @metric
            ORDER BY kind DESC, position, number
            """,
            static row => (row.GetInt64(0) == 1, row.GetFieldValue<byte[]>(3)),
            cancellationToken, ("@run", run), ("@metric", metric)).ConfigureAwait(false);

        List<Sample> points = [];
        foreach ((bool isChunk, byte[] payload) in parts)
        {
            if (isChunk)
            {
                MetricChunk.Decode(payload, points);
            }
            else
            {
                MetricBlock.Decode(payload, metric, points);
            }
        }

        SortUnlessSorted(points);
        return points;
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
}
