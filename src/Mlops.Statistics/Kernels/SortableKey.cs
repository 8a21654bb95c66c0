using System.Runtime.CompilerServices;

namespace Mlops.Statistics;

/// <summary>Unsigned integers that order as the floating values they come from; -0 sorts just below +0.</summary>
internal static class SortableKey
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return bits ^ ((uint)((int)bits >> 31) | 0x8000_0000u);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        return bits ^ ((ulong)((long)bits >> 63) | 0x8000_0000_0000_0000ul);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(uint key) =>
        BitConverter.UInt32BitsToSingle(key ^ (~(uint)((int)key >> 31) | 0x8000_0000u));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ToDouble(ulong key) =>
        BitConverter.UInt64BitsToDouble(key ^ (~(ulong)((long)key >> 63) | 0x8000_0000_0000_0000ul));
}
