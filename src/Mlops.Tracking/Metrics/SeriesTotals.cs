namespace Mlops.Tracking;

/// <summary>What a set of points adds to the summary of its series.</summary>
internal readonly record struct SeriesTotals(long Key, int Points, long? MinimumOrder, long? MaximumOrder, Sample Last)
{
    /// <param name="key">The series.</param>
    /// <param name="points">At least one, in their order, each once.</param>
    public static SeriesTotals Of(long key, ReadOnlySpan<Sample> points)
    {
        long minimum = long.MaxValue;
        long maximum = long.MinValue;
        foreach (ref readonly Sample point in points)
        {
            long order = ValueOrder.Of(point.Value);
            if (order != ValueOrder.NaN)
            {
                minimum = Math.Min(minimum, order);
                maximum = Math.Max(maximum, order);
            }
        }

        bool anyNumber = minimum <= maximum;
        return new SeriesTotals(key, points.Length, anyNumber ? minimum : null, anyNumber ? maximum : null, points[^1]);
    }
}
