using System.Buffers.Binary;
using System.Buffers.Text;

namespace Mlops.Tracking;

/// <summary>A point of a series as text that callers hand back and do not look into.</summary>
internal static class SamplePosition
{
    private const int Length = 3 * sizeof(long);

    public static string ToText(Sample sample)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, sample.Step);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(long)..], sample.Time);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[(2 * sizeof(long))..], sample.Bits);
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="ArgumentException">The text is none.</exception>
    public static Sample Parse(string text, string parameter)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return text.Length == Base64Url.GetEncodedLength(Length) && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out int written) && written == Length
            ? new Sample(
                BinaryPrimitives.ReadInt64LittleEndian(bytes),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[sizeof(long)..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[(2 * sizeof(long))..]))
            : throw new ArgumentException("The text is no position in a metric; pass the one that the page before gave.", parameter);
    }
}
