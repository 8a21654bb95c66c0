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

    public static long ReadSigned(ReadOnlySpan<byte> source, ref int at)
    {
        ulong value = Read(source, ref at);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public static ulong Read(ReadOnlySpan<byte> source, ref int at)
    {
        int position = at;
        if ((uint)position < (uint)source.Length && source[position] < 0x80)
        {
            at = position + 1;
            return source[position];
        }

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
