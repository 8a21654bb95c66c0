namespace Mlops.Drift;

/// <summary>
/// Joins bins of which the smaller sample expects fewer than five values (Cochran 1954). Whatever keeps apart what a sample happens to hold much of alarms too often. So which categories
/// are joined is decided by the rows of both samples together, which shuffling the rows between them would not change; which bins of numbers by the reference's, since their edges
/// are its quantiles: its counts are all but fixed, and the sum would tell no more than the window's.
/// </summary>
internal static class BinPooling
{
    private const double MinimumExpected = 5;

    /// <param name="reference">Counts per bin.</param>
    /// <param name="current">Counts of the same bins.</param>
    /// <param name="areCategories">Whether the bins are categories, the last of which holds what has none of its own: it is joined with the rare ones, however large, since the reference chose what has one.</param>
    public static (long[] Reference, long[] Current) Pool(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool areCategories)
    {
        double n = 0, m = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            n += reference[i];
            m += current[i];
        }

        List<long> r = [], c = [];
        long pooledReference = 0, pooledCurrent = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            bool isEnough = areCategories ? i < reference.Length - 1 && IsEnough(reference[i] + current[i], n + m) : IsEnough(reference[i], n);
            if (isEnough)
            {
                r.Add(reference[i]);
                c.Add(current[i]);
            }
            else
            {
                pooledReference += reference[i];
                pooledCurrent += current[i];
            }
        }

        if (pooledReference + pooledCurrent == 0)
            return ([.. r], [.. c]);
        if (r.Count == 0 || IsEnough(pooledReference + pooledCurrent, n + m))
        {
            r.Add(pooledReference);
            c.Add(pooledCurrent);
        }
        else
        {
            int smallest = 0;
            for (int i = 1; i < r.Count; i++)
                smallest = r[i] + c[i] < r[smallest] + c[smallest] ? i : smallest;
            r[smallest] += pooledReference;
            c[smallest] += pooledCurrent;
        }

        return ([.. r], [.. c]);

        bool IsEnough(long rows, double of) => rows * Math.Min(n, m) / of >= MinimumExpected;
    }
}
