using System.Numerics;

namespace Mlops.Statistics;

/// <summary>A series of yes and no, one bit each, so that 64 products are one instruction.</summary>
internal sealed class IndicatorSeries(int count)
{
    private const int WordBits = 64;

    // One word more than needed, so that a shifted word can always be read.
    private readonly ulong[] _words = new ulong[(count / WordBits) + 2];

    public bool this[int index]
    {
        get => (_words[index / WordBits] >> (index % WordBits) & 1) != 0;
        set
        {
            ulong bit = 1ul << (index % WordBits);
            ref ulong word = ref _words[index / WordBits];
            word = value ? word | bit : word & ~bit;
        }
    }

    /// <summary>Sample autocorrelations at lags 0..<paramref name="lags"/>; null for a constant. The counts behind them are exact.</summary>
    public double[]? Autocorrelation(int lags)
    {
        long set = Together(0);
        if (set == 0 || set == count)
            return null;
        double mean = (double)set / count, variance = set * (1 - mean);
        double[] correlation = new double[lags + 1];
        correlation[0] = 1;
        long early = set, late = set;
        for (int k = 1; k <= lags; k++)
        {
            // Ones that have a partner k places before them, and k places after.
            late -= this[k - 1] ? 1 : 0;
            early -= this[count - k] ? 1 : 0;
            correlation[k] = (Together(k) - (mean * (early + late)) + ((count - k) * mean * mean)) / variance;
        }

        return correlation;
    }

    /// <summary>How many places hold a one, and so does the place <paramref name="lag"/> before.</summary>
    private long Together(int lag)
    {
        int words = lag / WordBits, bits = lag % WordBits;
        long sum = 0;
        for (int i = 0; i + words + 1 < _words.Length; i++)
        {
            ulong later = bits == 0 ? _words[i + words] : (_words[i + words] >> bits) | (_words[i + words + 1] << (WordBits - bits));
            sum += BitOperations.PopCount(_words[i] & later);
        }

        return sum;
    }
}
