using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Mlops.Serving.AspNetCore;

/// <summary>
/// Walks over a JSON text of UTF-8 once, forward, and copies nothing. Beside RFC 8259 it takes the numbers NaN, Infinity and -Infinity, which
/// clients in Python write.
/// </summary>
internal ref partial struct JsonCursor
{
    private static readonly SearchValues<byte> StringStops = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(static control => (byte)control)]);

    private readonly ReadOnlySpan<byte> _json;
    private readonly int _maximumDepth;
    private int _at;
    private int _depth;

    public JsonCursor(ReadOnlySpan<byte> json, int maximumDepth)
    {
        _json = json;
        _maximumDepth = maximumDepth;
    }

    /// <summary>Where it is; may be set to where it was before, in the same array or object.</summary>
    public int Position
    {
        readonly get => _at;
        set => _at = value;
    }

    /// <summary>The first byte of what comes next, after white space; 0 at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Peek()
    {
        int at = _at;
        ReadOnlySpan<byte> json = _json;
        while ((uint)at < (uint)json.Length)
        {
            byte next = json[at];
            if (next > ' ' || !IsSpace(next))
            {
                _at = at;
                return next;
            }

            at++;
        }

        _at = at;
        return 0;
    }

    public void BeginObject() => Begin((byte)'{', "an object");

    public void BeginArray() => Begin((byte)'[', "an array");

    /// <summary>Goes to the value of the next member of an object; false after the last.</summary>
    /// <param name="isFirst">Whether none was read yet; set to false.</param>
    /// <param name="name">The member's name, unescaped.</param>
    public bool NextMember(ref bool isFirst, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!Next((byte)'}', ref isFirst))
            return false;

        name = ReadUtf8();
        if (Peek() != ':')
            throw Unexpected("':'");
        _at++;
        return true;
    }

    /// <summary>Goes to the next element of an array; false after the last.</summary>
    /// <param name="isFirst">Whether none was read yet; set to false.</param>
    public bool NextElement(ref bool isFirst) => Next((byte)']', ref isFirst);

    /// <summary>Reads a string; the bytes are those of the text where nothing is escaped, else a copy.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        ReadOnlySpan<byte> raw = ReadRaw(out bool isEscaped);
        if (!Utf8.IsValid(raw))
            throw Failure("a string is not UTF-8");
        if (!isEscaped)
            return raw;

        byte[] text = new byte[raw.Length];
        return text.AsSpan(0, Unescape(raw, text));
    }

    public string ReadString() => Encoding.UTF8.GetString(ReadUtf8());

    /// <summary>Reads a string into the front of a buffer, which must be as long as the string is in JSON.</summary>
    public int ReadUtf8(Span<byte> destination)
    {
        ReadOnlySpan<byte> text = ReadUtf8();
        text.CopyTo(destination);
        return text.Length;
    }

    /// <summary>Reads true or false; 1 and 0 are taken for them.</summary>
    public bool ReadBoolean() => Peek() switch
    {
        (byte)'t' => TakeWord("true"u8, true),
        (byte)'f' => TakeWord("false"u8, false),
        (byte)'0' or (byte)'1' => ReadUnsigned(1, "a boolean") == 1,
        _ => throw Unexpected("true or false"),
    };

    /// <summary>Skips a value, whatever it is.</summary>
    public void Skip()
    {
        bool isFirst = true;
        switch (Peek())
        {
            case (byte)'{':
                BeginObject();
                while (NextMember(ref isFirst, out _))
                    Skip();
                break;
            case (byte)'[':
                BeginArray();
                while (NextElement(ref isFirst))
                    Skip();
                break;
            case (byte)'"':
                ReadUtf8();
                break;
            case (byte)'t' or (byte)'f':
                ReadBoolean();
                break;
            case (byte)'n':
                TakeWord("null"u8, true);
                break;
            default:
                ReadDouble();
                break;
        }
    }

    /// <summary>Makes sure that nothing follows.</summary>
    public void End()
    {
        if (Peek() != 0 || _at != _json.Length)
            throw Unexpected("the end");
    }

    public readonly WireException Failure(string what) => new($"The JSON cannot be read at byte {_at}: {what}.");

    public readonly WireException Unexpected(string expected) => Failure(_at < _json.Length
        ? $"{expected} is expected, not '{(_json[_at] is > 0x20 and < 0x7F and var seen ? ((char)seen).ToString() : $"\\x{_json[_at]:x2}")}'"
        : $"{expected} is expected, but it ends there");

    private static bool IsSpace(byte next) => next is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';

    private void Begin(byte token, string what)
    {
        if (Peek() != token)
            throw Unexpected(what);
        if (++_depth > _maximumDepth)
            throw Failure($"arrays and objects lie deeper in each other than {_maximumDepth}");
        _at++;
    }

    private bool Next(byte end, ref bool isFirst)
    {
        byte next = Peek();
        if (next == end)
        {
            _at++;
            _depth--;
            return false;
        }

        if (!isFirst)
        {
            if (next != ',')
                throw Unexpected(end == ']' ? "',' or ']'" : "',' or '}'");
            _at++;
        }

        isFirst = false;
        return true;
    }

    private bool TakeWord(ReadOnlySpan<byte> word, bool value)
    {
        if (!_json[_at..].StartsWith(word))
            throw Unexpected(Encoding.UTF8.GetString(word));
        _at += word.Length;
        return value;
    }

    /// <summary>What stands between the quotes.</summary>
    private ReadOnlySpan<byte> ReadRaw(out bool isEscaped)
    {
        if (Peek() != '"')
            throw Unexpected("a string");

        int start = ++_at;
        isEscaped = false;
        while (true)
        {
            int stop = _json[_at..].IndexOfAny(StringStops);
            if (stop < 0)
            {
                _at = _json.Length;
                throw Unexpected("the end of a string");
            }

            _at += stop;
            if (_json[_at] == '"')
                return _json[start.._at++];
            if (_json[_at] != '\\')
                throw Failure("a control character in a string is not escaped");
            isEscaped = true;
            _at += 2;
            if (_at > _json.Length)
            {
                _at = _json.Length;
                throw Unexpected("the end of a string");
            }
        }
    }

    private readonly int Unescape(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        int written = 0;
        while (raw.IndexOf((byte)'\\') is var escape and >= 0)
        {
            raw[..escape].CopyTo(destination[written..]);
            written += escape;
            byte kind = raw[escape + 1];
            raw = raw[(escape + 2)..];
            if (kind == 'u')
                written += ReadCodePoint(ref raw).EncodeToUtf8(destination[written..]);
            else
                destination[written++] = kind switch
                {
                    (byte)'"' or (byte)'\\' or (byte)'/' => kind,
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    _ => throw Failure("a string has an escape that JSON does not know"),
                };
        }

        raw.CopyTo(destination[written..]);
        return written + raw.Length;
    }

    private readonly Rune ReadCodePoint(ref ReadOnlySpan<byte> raw)
    {
        char unit = ReadUnit(ref raw);
        if (Rune.TryCreate(unit, out Rune rune))
            return rune;
        if (raw.StartsWith("\\u"u8))
        {
            raw = raw[2..];
            if (Rune.TryCreate(unit, ReadUnit(ref raw), out rune))
                return rune;
        }

        throw Failure("a string has half of a surrogate pair");
    }

    private readonly char ReadUnit(ref ReadOnlySpan<byte> raw)
    {
        if (raw.Length < 4 || !ushort.TryParse(raw[..4], System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out ushort unit))
            throw Failure("\\u in a string needs four hexadecimal digits");
        raw = raw[4..];
        return (char)unit;
    }
}
