namespace Mlops.Tracking;

/// <summary>What a set of points adds to the summary of its series, and where they lie.</summary>
internal readonly record struct SeriesTotals(
    long Key, int Points, long? MinimumOrder, long? MaximumOrder, Sample First, Sample Last, long EarliestTime, long LatestTime)
{
    /// <param name="key">The series.</param>
    /// <param name="points">At least one, in their order, each once.</param>
    public static SeriesTotals Of(long key, ReadOnlySpan<Sample> points)
    {
        long minimum = long.MaxValue, maximum = long.MinValue;
        long earliest = long.MaxValue, latest = long.MinValue;
        foreach (ref readonly Sample point in points)
        {
            long order = ValueOrder.Of(point.Value);
            if (order != ValueOrder.NaN)
            {
                minimum = Math.Min(minimum, order);
                maximum = Math.Max(maximum, order);
            }

            earliest = Math.Min(earliest, point.Time);
            latest = Math.Max(latest, point.Time);
        }

        bool anyNumber = minimum <= maximum;
        return new SeriesTotals(key, points.Length, anyNumber ? minimum : null, anyNumber ? maximum : null, points[0], points[^1], earliest, latest);
    }
}
