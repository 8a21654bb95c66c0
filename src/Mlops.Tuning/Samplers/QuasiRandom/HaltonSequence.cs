namespace Mlops.Tuning;

/// <summary>Radical inverses in prime bases with nested uniform scrambling.</summary>
internal static class HaltonSequence
{
    // Digits beyond the index are zeros that are permuted as well, down to the last bit of a double.
    private const double LastBit = 1.0 / (1L << 53);

    /// <summary>A coordinate of a point, 0 to below 1.</summary>
    public static double Scrambled(uint index, int dimension, ulong seed)
    {
        uint prime = Prime(dimension);
        ulong path = SobolSequence.Mix(seed ^ SobolSequence.Mix((ulong)dimension + 1));
        double place = 0;
        double unit = 1.0 / prime;
        uint rest = index;
        while (unit > LastBit)
        {
            uint digit = rest % prime;
            place += unit * Permute(digit, prime, path);
            path = SobolSequence.Mix(path ^ (digit + 1));
            rest /= prime;
            unit /= prime;
        }

        return Math.Min(place, 1 - LastBit);
    }

    /// <summary>A digit under a permutation that is a function of the key: a shift and a multiplication are not enough, so the digits are shuffled.</summary>
    private static uint Permute(uint digit, uint prime, ulong key)
    {
        // Where the digit goes in a Fisher-Yates shuffle whose swaps are drawn from the key.
        Span<uint> order = prime <= 256 ? stackalloc uint[(int)prime] : new uint[prime];
        for (uint i = 0; i < prime; i++)
        {
            order[(int)i] = i;
        }

        for (uint i = prime - 1; i > 0; i--)
        {
            key = SobolSequence.Mix(key + i);
            uint other = (uint)(((key >> 32) * (i + 1)) >> 32);
            (order[(int)i], order[(int)other]) = (order[(int)other], order[(int)i]);
        }

        return order[(int)digit];
    }

    private static uint Prime(int index)
    {
        uint candidate = 2;
        for (int found = 0; ; candidate++)
        {
            bool isPrime = true;
            for (uint divisor = 2; divisor * divisor <= candidate && isPrime; divisor++)
            {
                isPrime = candidate % divisor != 0;
            }

            if (isPrime && found++ == index)
            {
                return candidate;
            }
        }
    }
}
