using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The smallest effect that counts in a column, in the unit of its test.</summary>
internal static class EffectFloors
{
    /// <summary>A floor in the column's own unit becomes the distance that a shift of the reference's values by so much would have.</summary>
    public static double Distance(DriftColumn column, PreparedSample reference, double byDefault) =>
        column.SmallestShift is { } shift ? DistanceOfShift(reference.Sorted, shift) : column.EffectFloor ?? byDefault;

    /// <summary>The same for columns that are compared by bins: the index that the shift would have.</summary>
    public static double StabilityIndex(DriftColumn column, PreparedSample reference, BinEdges edges, double byDefault)
    {
        if (column.SmallestShift is not { } shift || reference.Count == 0)
            return column.EffectFloor ?? byDefault;
        Histogram before = new(edges), after = new(edges);
        before.Add(reference.Sorted);
        after.Add(Array.ConvertAll(reference.Sorted.ToArray(), value => value + shift));
        return PopulationStabilityIndex.Compute(before, after) ?? byDefault;
    }

    /// <summary>The largest share of values within one shift: what lies in (x - shift, x] has not yet arrived at x when all values are moved.</summary>
    private static double DistanceOfShift(ReadOnlySpan<double> sorted, double shift)
    {
        int largest = 0, count = 0, first = 0;
        for (int last = 0; last < sorted.Length; last++)
        {
            if (!double.IsFinite(sorted[last]))
                continue;
            if (count++ == 0)
                first = last;
            while (sorted[last] - sorted[first] >= shift)
                first++;
            largest = Math.Max(largest, last - first + 1);
        }

        return count == 0 ? 0 : (double)largest / count;
    }
}
