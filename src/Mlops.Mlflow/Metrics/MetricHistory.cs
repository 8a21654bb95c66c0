using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// A metric's points as clients expect them: by time, step and value, equal ones once. What comes in several pages comes by step, time and
/// value, which is the order that it is stored in; most often steps follow time, and there is no difference.
/// </summary>
internal static class MetricHistory
{
    public static async Task<List<MetricPoint>> ReadAsync(Tracker tracker, string runId, string key, CancellationToken cancellationToken)
    {
        List<MetricPoint> points = [.. await ClientValues.Pass(() => tracker.GetMetricHistoryAsync(runId, key, cancellationToken)).ConfigureAwait(false)];
        Sort(points);
        Collapse(points);
        return points;
    }

    /// <summary>Reads a page and no more.</summary>
    public static async Task<(List<MetricPoint> Points, string? Next)> ReadPageAsync(
        Tracker tracker, string runId, string key, int take, string? after, CancellationToken cancellationToken)
    {
        MetricPage page = await ClientValues.Pass(() => tracker.ListMetricPointsAsync(runId, key, take, after, cancellationToken)).ConfigureAwait(false);
        List<MetricPoint> points = [.. page.Points];
        if (after is null && page.Next is null)
        {
            Sort(points);
        }

        Collapse(points);
        return (points, page.Next);
    }

    private static void Sort(List<MetricPoint> points)
    {
        if (!IsOrdered(points))
        {
            points.Sort(Compare);
        }
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
