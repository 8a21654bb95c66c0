namespace Mlops.Drift;

/// <summary>
/// The p-value of two shares where counts are too small for a normal limit: twice the smaller tail of the hypergeometric law.
/// </summary>
internal static class FisherExact
{
    public static double PValue(long referenceHits, long referenceCount, long currentHits, long currentCount)
    {
        long hits = referenceHits + currentHits, total = referenceCount + currentCount;
        long lowest = Math.Max(0, hits - referenceCount), highest = Math.Min(hits, currentCount);

        // Weights relative to the observed table, by the ratio of neighbours: no factorials, no overflow that matters.
        double up = Tail(currentHits, highest, +1, hits, currentCount, total);
        double down = Tail(currentHits, lowest, -1, hits, currentCount, total);
        double all = 1 + up + down;
        return Math.Min(1, 2 * Math.Min(1 + up, 1 + down) / all);
    }

    private static double Tail(long from, long to, int step, long hits, long draws, long total)
    {
        double weight = 1, sum = 0;
        for (long k = from; k != to; k += step)
        {
            long low = Math.Min(k, k + step);
            double ratio = (double)(hits - low) / (low + 1) * (draws - low) / (total - hits - draws + low + 1);
            weight *= step > 0 ? ratio : 1 / ratio;
            sum += weight;
            if (weight < sum * 1e-17)
                break;
        }

        return sum;
    }
}
