using System.Buffers.Binary;
using System.Numerics;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The points of one series as bytes. Per point: the change of the step's increment and of the time's increment as zigzag varints,
/// then the value XORed with the one before as one byte (low nibble: significant bytes, high nibble: trailing zero bytes) and the
/// significant bytes, lowest first. All arithmetic wraps, so every step, time and bit pattern survives.
/// </summary>
internal static class SeriesCodec
{
    /// <summary>Two varints of ten bytes and a value of nine.</summary>
    public const int MaximumBytesPerPoint = 29;

    /// <summary>Writes the points and returns the number of bytes; the destination holds <see cref="MaximumBytesPerPoint"/> per point.</summary>
    public static int Encode(ReadOnlySpan<Sample> points, Span<byte> destination)
    {
        int at = 0;
        Sample previous = default;
        long stepIncrement = 0;
        long timeIncrement = 0;
        for (int i = 0; i < points.Length; i++)
        {
            Sample point = points[i];
            long step = unchecked(point.Step - previous.Step);
            long time = unchecked(point.Time - previous.Time);
            at += Varint.WriteSigned(destination[at..], unchecked(step - stepIncrement));
            at += Varint.WriteSigned(destination[at..], unchecked(time - timeIncrement));
            at += WriteValue(destination[at..], (ulong)(point.Bits ^ previous.Bits));

            // The first increment is the position itself and foretells nothing.
            stepIncrement = i == 0 ? 0 : step;
            timeIncrement = i == 0 ? 0 : time;
            previous = point;
        }

        return at;
    }

    /// <summary>Reads exactly as many points as the destination holds, from exactly these bytes.</summary>
    /// <exception cref="StorageException">The bytes are not what <see cref="Encode"/> wrote.</exception>
    public static void Decode(ReadOnlySpan<byte> source, Span<Sample> destination)
    {
        int at = 0;
        long step = 0;
        long time = 0;
        long bits = 0;
        long stepIncrement = 0;
        long timeIncrement = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            stepIncrement = unchecked(stepIncrement + Varint.ReadSigned(source, ref at));
            timeIncrement = unchecked(timeIncrement + Varint.ReadSigned(source, ref at));
            step = unchecked(step + stepIncrement);
            time = unchecked(time + timeIncrement);
            bits ^= (long)ReadValue(source, ref at);
            destination[i] = new Sample(step, time, bits);
            if (i == 0)
            {
                stepIncrement = 0;
                timeIncrement = 0;
            }
        }

        if (at != source.Length)
        {
            throw Corrupt($"{source.Length - at} bytes follow the last point");
        }
    }

    public static StorageException Corrupt(string seen) => new DamagedMetricsException(seen);

    private static int WriteValue(Span<byte> destination, ulong difference)
    {
        if (difference == 0)
        {
            destination[0] = 0;
            return 1;
        }

        int trailing = BitOperations.TrailingZeroCount(difference) / 8;
        int significant = 8 - trailing - BitOperations.LeadingZeroCount(difference) / 8;
        destination[0] = (byte)(trailing << 4 | significant);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[1..], difference >> (trailing * 8));
        return 1 + significant;
    }

    private static ulong ReadValue(ReadOnlySpan<byte> source, ref int at)
    {
        if (at >= source.Length)
        {
            throw Corrupt("a point has no value");
        }

        int control = source[at++];
        int significant = control & 15;
        int trailing = control >> 4;
        if (significant + trailing > 8 || significant > source.Length - at)
        {
            throw Corrupt($"a value of {significant} bytes shifted by {trailing} with {source.Length - at} bytes left");
        }

        if (significant == 0)
        {
            return 0;
        }

        ulong value = source.Length - at >= sizeof(ulong)
            ? BinaryPrimitives.ReadUInt64LittleEndian(source[at..]) & (ulong.MaxValue >> ((8 - significant) * 8))
            : ReadShort(source.Slice(at, significant));
        at += significant;
        return value << (trailing * 8);
    }

    private static ulong ReadShort(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = value << 8 | bytes[i];
        }

        return value;
    }
}
