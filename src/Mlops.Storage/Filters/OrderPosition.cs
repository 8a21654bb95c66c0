using System.Buffers.Binary;
using System.Buffers.Text;
using System.Data;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// Where a row stands in an <see cref="Ordering"/>. Travels as text that callers do not read. Immutable.
/// </summary>
public sealed class OrderPosition
{
    private const byte Format = 2;
    private const byte Null = 0;
    private const byte Integer = 1;
    private const byte Text = 2;
    private const int HeaderLength = 5;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly uint _order;

    internal OrderPosition(uint order, SqlValue[] values)
    {
        _order = order;
        Values = values;
    }

    internal SqlValue[] Values { get; }

    /// <summary>The position as text of letters, digits, <c>-</c> and <c>_</c>.</summary>
    public override string ToString()
    {
        using var bytes = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(long)];
        bytes.WriteByte(Format);
        BinaryPrimitives.WriteUInt32LittleEndian(number, _order);
        bytes.Write(number[..sizeof(uint)]);
        foreach (SqlValue value in Values)
        {
            if (value.IsNull)
            {
                bytes.WriteByte(Null);
            }
            else if (value.Type == DbType.String)
            {
                byte[] text = Strict.GetBytes((string)value.ToProviderValue());
                bytes.WriteByte(Text);
                BinaryPrimitives.WriteInt32LittleEndian(number, text.Length);
                bytes.Write(number[..sizeof(int)]);
                bytes.Write(text);
            }
            else
            {
                bytes.WriteByte(Integer);
                BinaryPrimitives.WriteInt64LittleEndian(number, (long)value.ToProviderValue());
                bytes.Write(number);
            }
        }

        return Base64Url.EncodeToString(bytes.ToArray());
    }

    /// <summary>The position of a text; null when it is none of this order.</summary>
    internal static OrderPosition? Parse(string text, uint order, bool[] isText)
    {
        byte[] bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out int length)
            || length < HeaderLength || bytes[0] != Format || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(1)) != order)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = bytes.AsSpan(HeaderLength, length - HeaderLength);
        var values = new SqlValue[isText.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!TryRead(ref rest, isText[i], out values[i]))
            {
                return null;
            }
        }

        return rest.IsEmpty && !values[^1].IsNull ? new OrderPosition(order, values) : null;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> rest, bool isText, out SqlValue value)
    {
        value = isText ? (string?)null : (long?)null;
        if (rest.IsEmpty)
        {
            return false;
        }

        byte kind = rest[0];
        rest = rest[1..];
        if (kind == Null)
        {
            return true;
        }

        if (kind != (isText ? Text : Integer) || rest.Length < (isText ? sizeof(int) : sizeof(long)))
        {
            return false;
        }

        if (!isText)
        {
            value = BinaryPrimitives.ReadInt64LittleEndian(rest);
            rest = rest[sizeof(long)..];
            return true;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        rest = rest[sizeof(int)..];
        if (length < 0 || length > rest.Length)
        {
            return false;
        }

        try
        {
            value = Strict.GetString(rest[..length]);
        }
        catch (ArgumentException)
        {
            // No UTF-8, or a text that no row can hold.
            return false;
        }

        rest = rest[length..];
        return true;
    }
}
