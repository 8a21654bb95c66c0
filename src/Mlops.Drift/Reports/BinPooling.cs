namespace Mlops.Drift;

/// <summary>
/// Joins bins of which the smaller sample expects fewer than five values (Cochran 1954). Which ones is decided by the rows of both together, which shuffling the rows between reference and
/// window would not change. A choice by the reference alone would keep apart what it happened to hold much of, and a choice by the window likewise: both alarm too often.
/// </summary>
internal static class BinPooling
{
    private const double MinimumExpected = 5;

    /// <param name="reference">Counts per bin.</param>
    /// <param name="current">Counts of the same bins.</param>
    /// <param name="lastIsRest">Whether the last bin holds what has none of its own: it is joined with the rare ones, however large, since the reference chose what has one.</param>
    public static (long[] Reference, long[] Current) Pool(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool lastIsRest)
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
            if (IsEnough(reference[i] + current[i], n, m) && !(lastIsRest && i == reference.Length - 1))
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
        if (r.Count == 0 || IsEnough(pooledReference + pooledCurrent, n, m))
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
    }

    private static bool IsEnough(long rows, double n, double m) => rows * Math.Min(n, m) / (n + m) >= MinimumExpected;
}
