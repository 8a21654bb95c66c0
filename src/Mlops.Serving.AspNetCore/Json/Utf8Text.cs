using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Mlops.Serving.AspNetCore;

/// <summary>JSON text under construction, in memory that is kept for reuse. Not thread-safe.</summary>
internal sealed class Utf8Text : IBufferWriter<byte>
{
    private const int LongestNumber = 32;
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(static control => (byte)control)]);
    private byte[] _bytes = new byte[1_024];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Raw(ReadOnlySpan<byte> json)
    {
        json.CopyTo(GetSpan(json.Length));
        Length += json.Length;
    }

    /// <summary>Writes characters that need no escape and no quotes.</summary>
    public void Ascii(string text) => Length += Encoding.ASCII.GetBytes(text, GetSpan(text.Length));

    public void String(string text)
    {
        Span<byte> place = GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length) + 2);
        int length = Encoding.UTF8.GetBytes(text, place[1..]);
        if (place.Slice(1, length).ContainsAny(Escaped))
        {
            String(place.Slice(1, length).ToArray());
            return;
        }

        place[0] = place[length + 1] = (byte)'"';
        Length += length + 2;
    }

    /// <summary>Writes text that is valid UTF-8.</summary>
    public void String(ReadOnlySpan<byte> text)
    {
        Raw("\""u8);
        while (text.IndexOfAny(Escaped) is var stop and >= 0)
        {
            Raw(text[..stop]);
            Escape(text[stop]);
            text = text[(stop + 1)..];
        }

        Raw(text);
        Raw("\""u8);
    }

    public void Number<T>(T value)
        where T : IUtf8SpanFormattable
    {
        value.TryFormat(GetSpan(LongestNumber), out int written, default, CultureInfo.InvariantCulture);
        Length += written;
    }

    public void Number(float value)
    {
        // Small whole numbers, such as zero, are common and need no search for the shortest form.
        if ((int)value is var whole && whole == value && whole is > -1_000_000 and < 1_000_000 && (whole != 0 || !float.IsNegative(value)))
        {
            Utf8Formatter.TryFormat(whole, GetSpan(LongestNumber), out int digits);
            Length += digits;
        }
        else if (float.IsFinite(value))
            Number<float>(value);
        else
            NotFinite(value);
    }

    public void Number(double value)
    {
        if (double.IsFinite(value))
            Number<double>(value);
        else
            NotFinite(value);
    }

    /// <summary>Writes <c>{"b64": "..."}</c>.</summary>
    public void Base64(ReadOnlySpan<byte> bytes)
    {
        Raw("{\"b64\":\""u8);
        System.Buffers.Text.Base64.EncodeToUtf8(bytes, GetSpan(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out int written);
        Length += written;
        Raw("\"}"u8);
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsSpan(Length);
    }

    private void MakeRoom(int bytes)
    {
        bytes = Math.Max(bytes, 1);
        if (Length > _bytes.Length - bytes)
            Array.Resize(ref _bytes, (int)Math.Max(Math.Min(2L * _bytes.Length, Array.MaxLength), checked(Length + bytes)));
    }

    private void NotFinite(double value) => Raw(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);

    private void Escape(byte character)
    {
        switch (character)
        {
            case (byte)'"': Raw("\\\""u8); break;
            case (byte)'\\': Raw("\\\\"u8); break;
            case (byte)'\n': Raw("\\n"u8); break;
            case (byte)'\r': Raw("\\r"u8); break;
            case (byte)'\t': Raw("\\t"u8); break;
            default:
                Raw("\\u00"u8);
                character.TryFormat(GetSpan(2), out int digits, "x2", CultureInfo.InvariantCulture);
                Length += digits;
                break;
        }
    }
}
