using System.Buffers.Binary;
using System.Buffers.Text;

namespace Mlops.Mlflow;

/// <summary>How far a client has read, as text that it does not look into.</summary>
internal static class OffsetToken
{
    private const int Length = sizeof(int);

    public static string ToText(int offset)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, offset);
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="ProtocolException">It is none.</exception>
    public static int Parse(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[Length];
        return text.Length == Base64Url.GetEncodedLength(Length)
            && Base64Url.TryDecodeFromChars(text, bytes, out int written) && written == Length
            && BinaryPrimitives.ReadInt32LittleEndian(bytes) is >= 0 and int offset
            ? offset
            : throw ProtocolException.Invalid("Invalid page token.");
    }
}
