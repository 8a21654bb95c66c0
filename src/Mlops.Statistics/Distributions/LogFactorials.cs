namespace Mlops.Statistics;

/// <summary>log k! for k up to a limit, in two doubles, so that differences of large entries keep their digits.</summary>
internal sealed class LogFactorials
{
    private const int SharedLimit = 1 << 16;
    private static LogFactorials? _shared;

    private readonly double[] _high;
    private readonly double[] _low;

    private LogFactorials(int limit)
    {
        _high = new double[limit + 1];
        _low = new double[limit + 1];
        double high = 0, low = 0;
        for (int k = 2; k <= limit; k++)
        {
            double term = Math.Log(k);
            double sum = high + term;
            low += double.Abs(high) >= term ? high - sum + term : term - sum + high;
            high = sum;
            _high[k] = high;
            _low[k] = low;
        }
    }

    /// <summary>A table that reaches at least <paramref name="limit"/>; tables up to 65 536 are shared.</summary>
    public static LogFactorials UpTo(int limit)
    {
        if (limit > SharedLimit)
            return new LogFactorials(limit);
        LogFactorials? shared = Volatile.Read(ref _shared);
        if (shared is not null && shared._high.Length > limit)
            return shared;
        int size = int.Min(SharedLimit, int.Max(1024, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)limit)));
        LogFactorials grown = new(size);
        Volatile.Write(ref _shared, grown);
        return grown;
    }

    public double LogChoose(int n, int k) => (_high[n] - _high[k] - _high[n - k]) + (_low[n] - _low[k] - _low[n - k]);

    /// <summary>log of C(white, x) C(black, draws - x) / C(white + black, draws), for arguments inside their ranges.</summary>
    public double LogHypergeometric(int x, int white, int black, int draws) =>
        LogChoose(white, x) + LogChoose(black, draws - x) - LogChoose(white + black, draws);
}
