using System.Buffers.Binary;
using System.Buffers.Text;

namespace Mlops.Tracking;

/// <summary>Where a page of experiments ended. Travels as text that callers do not read.</summary>
internal readonly record struct ExperimentPosition(long Created, long Experiment)
{
    private const byte Format = 1;
    private const int Length = 17;

    public string ToText()
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[1..], Created);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[9..], Experiment);
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="ArgumentException">The text is none.</exception>
    public static ExperimentPosition Parse(string text, string parameter)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length != Base64Url.GetEncodedLength(Length)
            || !Base64Url.TryDecodeFromChars(text, bytes, out int written)
            || written != Length
            || bytes[0] != Format)
        {
            throw new ArgumentException("The text is no ExperimentPage.Next.", parameter);
        }

        return new ExperimentPosition(BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]));
    }
}
