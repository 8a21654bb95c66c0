namespace Mlops.Drift;

/// <summary>
/// Joins bins that expect fewer than five of the window's values (Cochran 1954). Which ones is decided by the reference alone: a choice that
/// looked at the window would keep its high counts apart and pool its low ones, and alarm too often.
/// </summary>
internal static class BinPooling
{
    private const double MinimumExpected = 5;

    public static (long[] Reference, long[] Current) Pool(long[] reference, long[] current)
    {
        double n = reference.Sum(), m = current.Sum();
        List<long> r = [], c = [];
        long pooledReference = 0, pooledCurrent = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            if (Math.Min(n, m) * reference[i] / n >= MinimumExpected)
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

        // What the reference hardly knows stays apart once the window holds enough of it.
        if (r.Count == 0 || (pooledReference + pooledCurrent) * Math.Min(n, m) / (n + m) >= MinimumExpected)
        {
            r.Add(pooledReference);
            c.Add(pooledCurrent);
        }
        else
        {
            int smallest = r.IndexOf(r.Min());
            r[smallest] += pooledReference;
            c[smallest] += pooledCurrent;
        }

        return ([.. r], [.. c]);
    }
}
