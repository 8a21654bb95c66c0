using System.Numerics;

namespace Mlops.Serving;

/// <summary>
/// What a run costs by its rows, learned from runs: for each power of two an exponentially weighted mean of rows and ticks, between which it
/// interpolates, and beyond which it goes on along the least-squares line a + c rows. What is known of one size alone is taken to be
/// proportional, so that an unseen batch promises no gain. Not thread-safe.
/// </summary>
internal sealed class CostCurve
{
    private const double Weight = 1.0 / 16;
    private const double Outlier = 4;      // A run that was interrupted tells nothing of what runs cost.
    private const int Certain = 8;
    private const int Buckets = 24;
    private readonly double[] _rows = new double[Buckets];
    private readonly double[] _ticks = new double[Buckets];
    private readonly int[] _seen = new int[Buckets];

    public void Add(int rows, long ticks)
    {
        int bucket = BucketOf(rows);
        if (_seen[bucket] == 0)
        {
            _rows[bucket] = rows;
            _ticks[bucket] = ticks;
        }
        else
        {
            double weight = Math.Max(Weight, 1.0 / (_seen[bucket] + 1));
            double sample = _seen[bucket] < Certain ? ticks : Math.Min(ticks, Outlier * _ticks[bucket]);
            _rows[bucket] += weight * (rows - _rows[bucket]);
            _ticks[bucket] += weight * (sample - _ticks[bucket]);
        }

        _seen[bucket]++;
    }

    /// <summary>Ticks that a run of so many rows takes; 0 while nothing is known.</summary>
    public double Predict(int rows)
    {
        int below = BucketOf(rows), above = below;
        if (_seen[below] > 0 && _rows[below] > rows)
            below--;
        while (below >= 0 && _seen[below] == 0)
            below--;
        while (above < Buckets && (_seen[above] == 0 || _rows[above] < rows))
            above++;

        bool hasBelow = below >= 0, hasAbove = above < Buckets;
        if (hasBelow && hasAbove)
        {
            double width = _rows[above] - _rows[below];
            return width < 1e-9 ? _ticks[below] : _ticks[below] + (_ticks[above] - _ticks[below]) * (rows - _rows[below]) / width;
        }

        if (hasBelow)
            return _ticks[below] + Slope(below) * (rows - _rows[below]);
        return hasAbove ? _ticks[above] : 0;
    }

    /// <summary>
    /// Most rows worth merging: where a row of a run twice as large is less than a twentieth cheaper. By the line, a row costs a / b + c in a run of b
    /// rows, so that this is from b = 9 a / c on; rounded up to a power of two.
    /// </summary>
    /// <param name="maximum">Most rows allowed.</param>
    /// <param name="perRun">Ticks that a run costs beside the runtime.</param>
    /// <param name="perRow">Ticks that a row costs beside the runtime.</param>
    public int FindWorthwhileRows(int maximum, double perRun, double perRow)
    {
        if (!TryFit(out double fixedTicks, out double rowTicks))
            return maximum;

        double rows = 9 * (Math.Max(0, fixedTicks) + perRun) / (rowTicks + perRow);
        return rows >= maximum ? maximum : Math.Min(maximum, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, Math.Ceiling(rows))));
    }

    private static int BucketOf(int rows) => Math.Min(Buckets - 1, BitOperations.Log2((uint)rows));

    // Ticks per further row: of the line when there are two points, else those of an average row.
    private double Slope(int last) => TryFit(out _, out double rowTicks) ? rowTicks : _ticks[last] / _rows[last];

    // The least-squares line through the buckets that are well known, or through all as long as those are too few.
    private bool TryFit(out double fixedTicks, out double rowTicks) => TryFit(Certain, out fixedTicks, out rowTicks) || TryFit(1, out fixedTicks, out rowTicks);

    private bool TryFit(int least, out double fixedTicks, out double rowTicks)
    {
        double count = 0, rows = 0, ticks = 0;
        for (int i = 0; i < Buckets; i++)
        {
            if (_seen[i] < least)
                continue;
            count++;
            rows += _rows[i];
            ticks += _ticks[i];
        }

        double varied = 0, together = 0;
        for (int i = 0; i < Buckets; i++)
        {
            if (_seen[i] < least)
                continue;
            double off = _rows[i] - rows / count;
            varied += off * off;
            together += off * (_ticks[i] - ticks / count);
        }

        rowTicks = varied > 0 ? together / varied : 0;
        fixedTicks = (ticks - rowTicks * rows) / count;
        return rowTicks > 0;
    }
}
