using System.Buffers.Binary;
using System.Buffers.Text;

namespace Mlops.Tracking;

/// <summary>Where a page ended: the value that decides the order, then the run. Travels as text that callers do not read.</summary>
internal readonly record struct RunPosition(long Value, long Run)
{
    private const byte Format = 1;
    private const int Length = 18;

    public string ToText(RunOrder order)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Format;
        bytes[1] = Kind(order);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[2..], Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[10..], Run);
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="ArgumentException">The text is none, or of another order.</exception>
    public static RunPosition Parse(string text, RunOrder order, string parameter)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length != Base64Url.GetEncodedLength(Length)
            || !Base64Url.TryDecodeFromChars(text, bytes, out int written)
            || written != Length
            || bytes[0] != Format
            || bytes[1] != Kind(order))
        {
            throw new ArgumentException("The text is no RunPage.Next of a query with this order.", parameter);
        }

        return new RunPosition(BinaryPrimitives.ReadInt64LittleEndian(bytes[2..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[10..]));
    }

    private static byte Kind(RunOrder order) => (byte)((order.Metric is null ? 0 : 2) + (order.IsDescending ? 1 : 0));
}
