using System.Buffers;

namespace Mlops.Tracking;

/// <summary>Bytes of a chunk: the format, the number of points, the points of one series in order.</summary>
internal static class MetricChunk
{
    private const byte Format = 1;

    public static byte[] Encode(ReadOnlySpan<Sample> points)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 + Varint.MaximumBytes + points.Length * SeriesCodec.MaximumBytesPerPoint);
        buffer[0] = Format;
        int length = 1 + Varint.Write(buffer.AsSpan(1), (ulong)points.Length);
        length += SeriesCodec.Encode(points, buffer.AsSpan(length));
        byte[] payload = buffer[..length];
        ArrayPool<byte>.Shared.Return(buffer);
        return payload;
    }

    /// <summary>Appends the chunk's points to the list.</summary>
    public static void Decode(ReadOnlySpan<byte> payload, List<Sample> points)
    {
        if (payload.Length < 2 || payload[0] != Format)
        {
            throw SeriesCodec.Corrupt($"a chunk of {payload.Length} bytes that does not begin with format {Format}");
        }

        int at = 1;
        int count = Varint.ReadCount(payload, ref at);
        SeriesReader.Append(payload[at..], count, points);
    }
}
