using System.Data.Common;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    // Where a time is not known, it may be the earliest as well as the latest.
    private static readonly Func<DbDataReader, (SeriesSpan Span, long Points)> MapSpan = static row => (
        new SeriesSpan(
            row.GetInt64(0), row.IsDBNull(1) ? long.MinValue : row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? long.MaxValue : row.GetInt64(3)),
        row.GetInt64(4));

    /// <summary>
    /// Points of a series behind a position, at least one unless there are none, and whether they are the last. What is read are the
    /// chunks that hold the page, and the run's blocks, which are few; points of one step and one time are not told apart by chunks.
    /// </summary>
    public async ValueTask<(List<Sample> Points, bool IsLast)> ReadPageAsync(
        long run, string name, int take, Sample? after, CancellationToken cancellationToken)
    {
        if (await FindMetricAsync(name, cancellationToken).ConfigureAwait(false) is not { } metric)
        {
            return ([], true);
        }

        (SeriesSpan span, bool isWhole) = await FindSpanAsync(run, metric, take, after, cancellationToken).ConfigureAwait(false);
        List<Sample> points = [];
        await ReadPartsAsync(run, name, (part, _, key) => part.Decode(key, points), cancellationToken, span).ConfigureAwait(false);

        // Behind the span there are points of chunks that were not read.
        points.RemoveAll(point => span.EndsBefore(point) || (after is { } position && point.CompareTo(position) <= 0));
        SampleSet.Of(points);
        bool isLast = isWhole && points.Count <= take;
        if (points.Count > take)
        {
            points.RemoveRange(take, points.Count - take);
        }

        return (points, isLast);
    }

    /// <summary>From the position to where the series surely has more than so many points behind it; to the end of all, when nothing says so.</summary>
    private async ValueTask<(SeriesSpan Span, bool IsWhole)> FindSpanAsync(long run, long metric, int take, Sample? after, CancellationToken cancellationToken)
    {
        SeriesSpan rest = after is { } from ? SeriesSpan.All with { FromStep = from.Step, FromTime = from.Time } : SeriesSpan.All;
        List<(SeriesSpan Span, long Points)> chunks = await _database.QueryAsync(
            """
            SELECT first_step, first_time, last_step, last_time, points FROM tracking_chunk
            WHERE run = @run AND metric = @metric AND last_step >= @from
            ORDER BY first_step, first_time NULLS FIRST, chunk
            """,
            MapSpan, cancellationToken, ("@run", run), ("@metric", metric), ("@from", rest.FromStep)).ConfigureAwait(false);
        (long Step, long Time) last = (long.MinValue, long.MinValue);
        long points = 0;
        foreach ((SeriesSpan chunk, long count) in chunks)
        {
            // Of one that may hold the position it is not known how much is behind.
            if (after is { } position && (chunk.FromStep, chunk.FromTime).CompareTo((position.Step, position.Time)) <= 0)
            {
                continue;
            }

            last = last.CompareTo((chunk.ToStep, chunk.ToTime)) < 0 ? (chunk.ToStep, chunk.ToTime) : last;
            points += count;
            if (points > take)
            {
                return (rest with { ToStep = last.Step, ToTime = last.Time }, false);
            }
        }

        return (rest, true);
    }
}
