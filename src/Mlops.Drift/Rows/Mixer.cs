namespace Mlops.Drift;

/// <summary>Spreads numbers over 64 bits (the finalizer of SplitMix64): what is kept of too much data depends on these bits alone.</summary>
internal static class Mixer
{
    public static ulong Mix(ulong value)
    {
        unchecked
        {
            ulong z = value + 0x9E37_79B9_7F4A_7C15;
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            return z ^ (z >> 31);
        }
    }

    public static ulong Mix(ulong seed, ulong value) => Mix(Mix(seed) ^ value);

    public static ulong Mix(UInt128 value) => Mix((ulong)(value >> 64), (ulong)value);
}
