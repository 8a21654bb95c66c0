using System.Runtime.CompilerServices;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// The points of one run between two steps, page by page in the order that they are stored in: step, time, value. May be read several times;
/// the first pages are kept as far as the budget goes, and only what is behind them is read again. One reading at a time.
/// </summary>
/// <param name="read">Reads a page.</param>
/// <param name="runId">The run.</param>
/// <param name="key">The metric.</param>
/// <param name="from">The first step; null for the first there is.</param>
/// <param name="to">The last step; null for the last there is.</param>
/// <param name="budget">What may be kept, of all runs that are read together.</param>
internal sealed class MetricPages(ReadMetricPage read, string runId, string key, long? from, long? to, PointBudget budget)
{
    private readonly List<(List<MetricPoint> Points, string? Next)> _kept = [];

    public string RunId => runId;

    /// <summary>Points that are the same to clients come once within a page.</summary>
    /// <param name="take">The most points of a page that was not kept.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async IAsyncEnumerable<List<MetricPoint>> ReadAsync(int take, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        bool isKept = true;
        int number = 0;
        do
        {
            (List<MetricPoint> Points, string? Next) page;
            if (number < _kept.Count)
            {
                page = _kept[number];
            }
            else
            {
                page = await ReadPageAsync(take, next, cancellationToken).ConfigureAwait(false);

                // None behind one that was not kept.
                isKept = isKept && budget.TryTake(page.Points.Count);
                if (isKept)
                {
                    _kept.Add(page);
                }
            }

            number++;
            next = page.Next;
            if (page.Points.Count > 0)
            {
                yield return page.Points;
            }
        }
        while (next is not null);
    }

    /// <summary>Every step once, in order.</summary>
    /// <param name="take">The most points of a page that was not kept.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async IAsyncEnumerable<long> ReadStepsAsync(int take, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long? last = null;
        await foreach (List<MetricPoint> points in ReadAsync(take, cancellationToken).ConfigureAwait(false))
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

    private async Task<(List<MetricPoint> Points, string? Next)> ReadPageAsync(int take, string? after, CancellationToken cancellationToken)
    {
        MetricPage page = await read(runId, key, take, after, cancellationToken).ConfigureAwait(false);
        List<MetricPoint> points = [.. page.Points.Where(point => !(point.Step < from) && !(point.Step > to))];
        MetricHistory.SortBySteps(points);
        return (points, page.Next is null || page.Points[^1].Step > to ? null : page.Next);
    }
}
