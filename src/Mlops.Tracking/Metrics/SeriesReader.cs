using System.Runtime.InteropServices;

namespace Mlops.Tracking;

internal static class SeriesReader
{
    /// <summary>Decodes points to the end of the list.</summary>
    public static void Append(ReadOnlySpan<byte> body, int count, List<Sample> points)
    {
        // Three bytes is the least a point takes: a damaged count must not reserve memory.
        if (count > body.Length / 3)
        {
            throw SeriesCodec.Corrupt($"{count} points in {body.Length} bytes");
        }

        int start = points.Count;
        CollectionsMarshal.SetCount(points, start + count);
        SeriesCodec.Decode(body, CollectionsMarshal.AsSpan(points)[start..]);
    }
}
