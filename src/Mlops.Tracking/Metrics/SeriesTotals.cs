namespace Mlops.Tracking;

/// <summary>What a set of points adds to the summary of its series.</summary>
internal readonly record struct SeriesTotals(long Key, int Points, long? MinimumOrder, long? MaximumOrder, Sample Last)
{
    public static SeriesTotals Of(long key, ReadOnlySpan<Sample> points)
    {
        long minimum = long.MaxValue;
        long maximum = long.MinValue;
        Sample last = points[0];
        foreach (Sample point in points)
        {
            long order = ValueOrder.Of(point.Value);
            if (order != ValueOrder.NaN)
            {
                minimum = Math.Min(minimum, order);
                maximum = Math.Max(maximum, order);
            }

            if (point.CompareTo(last) > 0)
            {
                last = point;
            }
        }

        bool anyNumber = minimum <= maximum;
        return new SeriesTotals(key, points.Length, anyNumber ? minimum : null, anyNumber ? maximum : null, last);
    }
}
