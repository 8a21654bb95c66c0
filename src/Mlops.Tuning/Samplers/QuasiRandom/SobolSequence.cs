namespace Mlops.Tuning;

/// <summary>The Sobol sequence in 32 dimensions of 32 bits, plain and with nested uniform scrambling.</summary>
internal static class SobolSequence
{
    public const int Dimensions = 32;

    private const int Bits = 32;

    /// <summary>Per dimension from the second on: the degree, the polynomial's inner coefficients as bits, and the first direction numbers.</summary>
    private static readonly uint[][] Initial =
    [
        [1, 0, 1], [2, 1, 1, 3], [3, 1, 1, 3, 1], [3, 2, 1, 1, 1], [4, 1, 1, 1, 3, 3], [4, 4, 1, 3, 5, 13], [5, 2, 1, 1, 5, 5, 17], [5, 4, 1, 1, 5, 5, 5],
        [5, 7, 1, 1, 7, 11, 19], [5, 11, 1, 1, 5, 1, 1], [5, 13, 1, 1, 1, 3, 11], [5, 14, 1, 3, 5, 5, 31], [6, 1, 1, 3, 3, 9, 7, 49],
        [6, 13, 1, 1, 1, 15, 21, 21], [6, 16, 1, 3, 1, 13, 27, 49], [6, 19, 1, 1, 1, 15, 7, 5], [6, 22, 1, 3, 1, 15, 13, 25], [6, 25, 1, 1, 5, 5, 19, 61],
        [7, 1, 1, 3, 7, 11, 23, 15, 103], [7, 4, 1, 3, 7, 13, 13, 15, 69], [7, 7, 1, 1, 3, 13, 7, 35, 63], [7, 8, 1, 3, 5, 9, 1, 25, 53],
        [7, 14, 1, 3, 1, 13, 9, 35, 107], [7, 19, 1, 3, 1, 5, 27, 61, 31], [7, 21, 1, 1, 5, 11, 19, 41, 61], [7, 28, 1, 3, 5, 3, 3, 13, 69],
        [7, 31, 1, 1, 7, 13, 1, 19, 1], [7, 32, 1, 3, 7, 5, 13, 19, 59], [7, 37, 1, 1, 3, 9, 25, 29, 41], [7, 41, 1, 3, 5, 13, 23, 1, 55],
        [7, 42, 1, 3, 7, 3, 13, 59, 17],
    ];

    private static readonly uint[][] Directions = [FirstDirections(), .. Initial.Select(Expand)];

    /// <summary>A coordinate of the plain sequence, as a fraction of 2^32.</summary>
    public static uint Plain(uint index, int dimension)
    {
        uint point = 0;
        for (int bit = 0; index != 0; bit++, index >>= 1)
        {
            point ^= (index & 1) != 0 ? Directions[dimension][bit] : 0;
        }

        return point;
    }

    /// <summary>A coordinate of the scrambled sequence, 0 to below 1. Dimensions beyond the last are earlier ones in an order of their own.</summary>
    public static double Scrambled(uint index, int dimension, ulong seed)
    {
        int round = dimension / Dimensions;
        uint own = round == 0 ? index : Scramble(index, (uint)Mix(seed ^ Mix((ulong)round << 32)));
        return Scramble(Plain(own, dimension % Dimensions), (uint)Mix(seed ^ Mix((ulong)dimension + 1))) * (1.0 / (1L << Bits));
    }

    /// <summary>SplitMix64's finaliser (Steele, Lea, Flood 2014).</summary>
    internal static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>Flips each bit by a hash of the bits above it: the hash works from the lowest bit up, so bits are reversed around it.</summary>
    private static uint Scramble(uint point, uint seed)
    {
        uint x = Reverse(point);
        x += seed;
        x ^= x * 0x6C50B47C;
        x ^= x * 0xB82F1E52;
        x ^= x * 0xC7AFE638;
        x ^= x * 0x8D22F6E6;
        return Reverse(x);
    }

    private static uint Reverse(uint x)
    {
        x = ((x >> 1) & 0x55555555) | ((x & 0x55555555) << 1);
        x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2);
        x = ((x >> 4) & 0x0F0F0F0F) | ((x & 0x0F0F0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(x);
    }

    private static uint[] FirstDirections() => [.. Enumerable.Range(0, Bits).Select(static bit => 1u << (Bits - 1 - bit))];

    private static uint[] Expand(uint[] initial)
    {
        int degree = (int)initial[0];
        uint[] directions = new uint[Bits];
        for (int i = 0; i < Bits; i++)
        {
            if (i < degree)
            {
                directions[i] = initial[2 + i] << (Bits - 1 - i);
                continue;
            }

            uint value = directions[i - degree] ^ (directions[i - degree] >> degree);
            for (int k = 1; k < degree; k++)
            {
                value ^= ((initial[1] >> (degree - 1 - k)) & 1) * directions[i - k];
            }

            directions[i] = value;
        }

        return directions;
    }
}
