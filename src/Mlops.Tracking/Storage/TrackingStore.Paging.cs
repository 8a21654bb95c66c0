using System.Data.Common;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    private static readonly Func<DbDataReader, (long First, long Last, long Points)> MapSpan = static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));

    /// <summary>
    /// Points of a series behind a position, at least one unless there are none, and whether they are the last. What is read are the
    /// chunks that hold the page, and the run's blocks, which are few.
    /// </summary>
    public async ValueTask<(List<Sample> Points, bool IsLast)> ReadPageAsync(
        long run, string name, int take, Sample? after, CancellationToken cancellationToken)
    {
        if (await FindMetricAsync(name, cancellationToken).ConfigureAwait(false) is not { } metric)
        {
            return ([], true);
        }

        long from = after?.Step ?? long.MinValue;
        long to = await FindLastStepAsync(run, metric, take, after, cancellationToken).ConfigureAwait(false);
        List<Sample> points = [];
        await ReadPartsAsync(run, name, (part, _, key) => part.Decode(key, points), cancellationToken, from, to).ConfigureAwait(false);

        // Behind the last step there are points of chunks that were not read.
        points.RemoveAll(point => point.Step > to || (after is { } position && point.CompareTo(position) <= 0));
        SortUnlessSorted(points);
        bool isLast = to == long.MaxValue && points.Count <= take;
        if (points.Count > take)
        {
            points.RemoveRange(take, points.Count - take);
        }

        return (points, isLast);
    }

    /// <summary>A step up to which the series surely has more than so many points behind the position; the last of all when nothing says so.</summary>
    private async ValueTask<long> FindLastStepAsync(long run, long metric, int take, Sample? after, CancellationToken cancellationToken)
    {
        List<(long First, long Last, long Points)> chunks = await _database.QueryAsync(
            "SELECT first_step, last_step, points FROM tracking_chunk WHERE run = @run AND metric = @metric AND last_step >= @from ORDER BY first_step, chunk",
            MapSpan, cancellationToken, ("@run", run), ("@metric", metric), ("@from", after?.Step ?? long.MinValue)).ConfigureAwait(false);
        long last = long.MinValue, points = 0;
        foreach ((long First, long Last, long Points) chunk in chunks)
        {
            // Of one that holds the position it is not known how much is behind.
            if (after is { } position && chunk.First <= position.Step)
            {
                continue;
            }

            last = Math.Max(last, chunk.Last);
            points += chunk.Points;
            if (points > take)
            {
                return last;
            }
        }

        return long.MaxValue;
    }
}
