using System.Runtime.InteropServices;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>Cuts a series, which comes in pieces and in its order, into buckets whose numbers of points differ by one at most.</summary>
internal sealed class EnvelopeBuilder
{
    private readonly long _points;
    private int _bucket;
    private long _added;
    private long _missing;
    private Sample _first;
    private Sample _last;
    private long _count;
    private long _finite;
    private double _minimum;
    private double _maximum;

    public EnvelopeBuilder(long points, int buckets)
    {
        _points = points;
        Buckets = new MetricBucket[Math.Min(points, buckets)];
        Begin();
    }

    /// <summary>The buckets, when all points were added.</summary>
    public MetricBucket[] Buckets { get; }

    public static MetricBucket[] Build(List<Sample> points, int buckets)
    {
        var builder = new EnvelopeBuilder(points.Count, buckets);
        builder.TryAdd(CollectionsMarshal.AsSpan(points));
        return builder.Buckets;
    }

    /// <summary>Adds points that are in order; false when they belong before some that were added already.</summary>
    public bool TryAdd(ReadOnlySpan<Sample> points)
    {
        if (points.IsEmpty)
        {
            return true;
        }

        if (_added > 0 && points[0].CompareTo(_last) < 0)
        {
            return false;
        }

        while (!points.IsEmpty)
        {
            int length = (int)Math.Min(_missing, points.Length);
            Take(points[..length]);
            points = points[length..];
            if (_missing == 0)
            {
                End();
            }
        }

        return true;
    }

    private void Take(ReadOnlySpan<Sample> points)
    {
        double minimum = _minimum, maximum = _maximum;
        long finite = 0;
        foreach (ref readonly Sample point in points)
        {
            double value = point.Value;
            if (double.IsFinite(value))
            {
                minimum = value < minimum ? value : minimum;
                maximum = value > maximum ? value : maximum;
                finite++;
            }
        }

        _first = _count == 0 ? points[0] : _first;
        _last = points[^1];
        (_minimum, _maximum) = (minimum, maximum);
        _finite += finite;
        _count += points.Length;
        _added += points.Length;
        _missing -= points.Length;
    }

    private void End()
    {
        Buckets[_bucket++] = new MetricBucket(
            PointOf(_first), PointOf(_last), _count, _finite == 0 ? null : _minimum, _finite == 0 ? null : _maximum, _count - _finite);
        Begin();
    }

    private void Begin()
    {
        // Whole shares of the points, so that all of them end where the series does.
        _missing = _bucket < Buckets.Length ? (long)((Int128)_points * (_bucket + 1) / Buckets.Length) - _added : long.MaxValue;
        (_count, _finite) = (0, 0);
        (_minimum, _maximum) = (double.PositiveInfinity, double.NegativeInfinity);
    }

    private static MetricPoint PointOf(Sample sample) => new(sample.Step, UnixMicroseconds.ToTime(sample.Time), sample.Value);
}
