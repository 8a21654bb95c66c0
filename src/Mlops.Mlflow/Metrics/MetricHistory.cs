using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// Reads a page of a metric's points, as <see cref="Tracker.ListMetricPointsAsync"/> does: never more than asked for, and no more than is held at
/// once, however many are asked for.
/// </summary>
internal delegate Task<MetricPage> ReadMetricPage(string runId, string key, int take, string? after, CancellationToken cancellationToken);

/// <summary>
/// A metric's points as clients expect them: by time, step and value, equal ones once. What does not fit one page comes by step, time and
/// value, which is the order that it is stored in; most often steps follow time, and there is no difference.
/// </summary>
internal static class MetricHistory
{
    /// <summary>The most points of a page.</summary>
    public const int LargestPage = 25_000;

    public static ReadMetricPage Of(Tracker tracker) => async (runId, key, take, after, cancellationToken) =>
    {
        try
        {
            return await ClientValues.Pass(
                () => tracker.ListMetricPointsAsync(runId, key, Math.Min(take, LargestPage), after, cancellationToken)).ConfigureAwait(false);
        }
        catch (NotSupportedException)
        {
            // A store that is no database reads a metric as a whole, every time.
            HistoryPosition? position = after is null ? null : HistoryPosition.Parse(after);
            return PageOf(
                await ClientValues.Pass(() => tracker.GetMetricHistoryAsync(runId, key, cancellationToken)).ConfigureAwait(false), take, position);
        }
    };

    private static MetricPage PageOf(IReadOnlyList<MetricPoint> whole, int take, HistoryPosition? after)
    {
        List<MetricPoint> points = [.. whole.Where(point => after is not { } position || HistoryPosition.Of(point).CompareTo(position) > 0)];
        if (points.Count <= take)
        {
            return new MetricPage(points, null);
        }

        points.Sort(static (left, right) => HistoryPosition.Of(left).CompareTo(HistoryPosition.Of(right)));
        points.RemoveRange(take, points.Count - take);
        return new MetricPage(points, HistoryPosition.Of(points[^1]).ToString());
    }

    /// <summary>The points of a page in the order of clients, each once.</summary>
    /// <param name="page">The page.</param>
    /// <param name="isFirst">Whether nothing was read before it: if nothing follows either, it is the whole.</param>
    public static List<MetricPoint> PointsOf(MetricPage page, bool isFirst)
    {
        List<MetricPoint> points = [.. page.Points];
        if (isFirst && page.Next is null && !IsOrdered(points))
        {
            points.Sort(Compare);
        }

        Collapse(points);
        return points;
    }

    /// <summary>By step, time and value, equal ones once.</summary>
    public static void SortBySteps(List<MetricPoint> points)
    {
        points.Sort(static (left, right) => left.Step.CompareTo(right.Step) is not 0 and var order ? order : Compare(left, right));
        Collapse(points);
    }

    private static bool IsOrdered(List<MetricPoint> points)
    {
        for (int i = 1; i < points.Count; i++)
        {
            if (Compare(points[i - 1], points[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void Collapse(List<MetricPoint> points)
    {
        int kept = 0;
        for (int i = 0; i < points.Count; i++)
        {
            if (kept == 0 || Compare(points[kept - 1], points[i]) != 0)
            {
                points[kept++] = points[i];
            }
        }

        points.RemoveRange(kept, points.Count - kept);
    }

    /// <summary>On the wire times are milliseconds; NaN comes first, as in <see cref="double.CompareTo(double)"/>.</summary>
    private static int Compare(MetricPoint left, MetricPoint right)
    {
        int order = left.Time.ToUnixTimeMilliseconds().CompareTo(right.Time.ToUnixTimeMilliseconds());
        order = order != 0 ? order : left.Step.CompareTo(right.Step);
        return order != 0 ? order : left.Value.CompareTo(right.Value);
    }
}
