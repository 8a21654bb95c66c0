using System.Runtime.CompilerServices;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// The points of one run between two steps, page by page in the order that they are stored in: step, time, value. May be read several times;
/// the first page is kept, which most often is the only one. One reading at a time.
/// </summary>
/// <param name="read">Reads a page.</param>
/// <param name="runId">The run.</param>
/// <param name="key">The metric.</param>
/// <param name="take">The points of a page.</param>
/// <param name="from">The first step; null for the first there is.</param>
/// <param name="to">The last step; null for the last there is.</param>
internal sealed class MetricPages(ReadMetricPage read, string runId, string key, int take, long? from, long? to)
{
    private MetricPage? _first;

    public string RunId => runId;

    /// <summary>Points that are the same to clients come once within a page.</summary>
    public async IAsyncEnumerable<List<MetricPoint>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MetricPage page = _first ??= await read(runId, key, take, null, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            List<MetricPoint> points = [.. page.Points.Where(point => !(point.Step < from) && !(point.Step > to))];
            MetricHistory.SortBySteps(points);
            if (points.Count > 0)
            {
                yield return points;
            }

            if (page.Next is null || page.Points[^1].Step > to)
            {
                yield break;
            }

            page = await read(runId, key, take, page.Next, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Every step once, in order.</summary>
    public async IAsyncEnumerable<long> ReadStepsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long? last = null;
        await foreach (List<MetricPoint> points in ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (MetricPoint point in points)
            {
                if (point.Step != last)
                {
                    last = point.Step;
                    yield return point.Step;
                }
            }
        }
    }
}
