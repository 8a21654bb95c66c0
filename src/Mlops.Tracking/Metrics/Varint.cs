using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mlops.Tracking;

/// <summary>Integers in as few bytes as they need, seven bits each, lowest first; signed ones zigzag.</summary>
internal static class Varint
{
    public const int MaximumBytes = 10;

    public static int WriteSigned(Span<byte> destination, long value) => Write(destination, (ulong)(value << 1 ^ value >> 63));

    public static int Write(Span<byte> destination, ulong value)
    {
        int at = 0;
        while (value >= 0x80)
        {
            destination[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[at++] = (byte)value;
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ReadSigned(ReadOnlySpan<byte> source, ref int at)
    {
        ulong value = Read(source, ref at);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ReadOnlySpan<byte> source, ref int at)
    {
        int position = at;
        if ((uint)position < (uint)source.Length && source[position] < 0x80)
        {
            at = position + 1;
            return source[position];
        }

        return source.Length - position >= sizeof(ulong) ? ReadWord(source, ref at) : ReadLong(source, ref at);
    }

    /// <summary>Up to eight bytes at once: lengths that change from one integer to the next cost no mistaken branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ReadWord(ReadOnlySpan<byte> source, ref int at)
    {
        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(source[at..]);
        ulong ends = ~word & 0x8080_8080_8080_8080;
        if (ends == 0)
        {
            return ReadLong(source, ref at);
        }

        at += (BitOperations.TrailingZeroCount(ends) >> 3) + 1;
        word &= (ends ^ (ends - 1)) & 0x7F7F_7F7F_7F7F_7F7F;
        word = (word & 0x007F_007F_007F_007F) | (word & 0x7F00_7F00_7F00_7F00) >> 1;
        word = (word & 0x0000_3FFF_0000_3FFF) | (word & 0x3FFF_0000_3FFF_0000) >> 2;
        return (word & 0x0FFF_FFFF) | (word & 0x0FFF_FFFF_0000_0000) >> 4;
    }

    private static ulong ReadLong(ReadOnlySpan<byte> source, ref int at)
    {
        int position = at;
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if ((uint)position >= (uint)source.Length)
            {
                throw SeriesCodec.Corrupt("an integer is cut off");
            }

            byte b = source[position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                at = position;
                return value;
            }
        }

        throw SeriesCodec.Corrupt("an integer has more than ten bytes");
    }

    public static int ReadCount(ReadOnlySpan<byte> source, ref int at)
    {
        ulong value = Read(source, ref at);
        return value <= int.MaxValue ? (int)value : throw SeriesCodec.Corrupt($"a count of {value}");
    }
}
