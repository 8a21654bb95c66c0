using System.Text;

namespace Mlops.Onnx;

internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    Fixed32 = 5,
}

/// <summary>Forward-only reader of one protobuf message. Every fault is an <see cref="OnnxFormatException"/>.</summary>
internal ref struct ProtoReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _start;   // of this message in the file, for messages
    private readonly int _depth;
    private int _position;
    private WireType _wireType;

    public ProtoReader(ReadOnlySpan<byte> bytes)
        : this(bytes, start: 0, depth: 0)
    {
    }

    private ProtoReader(ReadOnlySpan<byte> bytes, long start, int depth)
    {
        _bytes = bytes;
        _start = start;
        _depth = depth;
    }

    /// <summary>Moves to the next field; the caller must then read or skip exactly one value.</summary>
    public bool TryReadField(out int field)
    {
        field = 0;
        if (_position == _bytes.Length)
            return false;

        // A tag is a uint32, so that protobuf itself reads no more than five bytes of it.
        int tagStart = _position;
        ulong tag = ReadRawVarint();
        if (tag > uint.MaxValue || _position - tagStart > 5 || tag >> 3 == 0)
            throw Fault($"the tag {tag} is not valid", tagStart);

        _wireType = (WireType)(tag & 7);
        if (_wireType is not (WireType.Varint or WireType.Fixed64 or WireType.LengthDelimited or WireType.Fixed32))
            throw Fault($"wire type {(int)_wireType} of field {tag >> 3} has no place in ONNX", tagStart);

        field = (int)(tag >> 3);
        return true;
    }

    public void Skip()
    {
        switch (_wireType)
        {
            case WireType.Varint: ReadRawVarint(); break;
            case WireType.Fixed64: Take(8); break;
            case WireType.Fixed32: Take(4); break;
            default: ReadBytes(); break;
        }
    }

    public long ReadInt64()
    {
        Expect(WireType.Varint);
        return (long)ReadRawVarint();
    }

    /// <summary>Protobuf keeps the low 32 bits of a longer varint; to read it otherwise would let a value hide.</summary>
    public int ReadInt32() => unchecked((int)ReadInt64());

    public ReadOnlySpan<byte> ReadBytes()
    {
        Expect(WireType.LengthDelimited);
        int at = _position;
        ulong length = ReadRawVarint();
        if (length > (ulong)(_bytes.Length - _position))
            throw Fault($"a field claims {length} bytes where {_bytes.Length - _position} are left", at);

        return Take((int)length);
    }

    /// <summary>Text; bytes that are not UTF-8 become U+FFFD, because proto2 does not check them.</summary>
    public string ReadString() => Encoding.UTF8.GetString(ReadBytes());

    public ProtoReader ReadMessage()
    {
        if (_depth + 1 >= OnnxModel.MaximumDepth)
            throw Fault($"messages are nested deeper than {OnnxModel.MaximumDepth}", _position);

        ReadOnlySpan<byte> body = ReadBytes();
        return new ProtoReader(body, _start + _position - body.Length, _depth + 1);
    }

    public readonly OnnxFormatException Fault(string what) => Fault(what, _position);

    private readonly OnnxFormatException Fault(string what, int position) =>
        new($"This is not an ONNX model: at byte {_start + position} {what}.") { Offset = _start + position };

    private readonly void Expect(WireType wireType)
    {
        if (_wireType != wireType)
            throw Fault($"a field is stored as {_wireType} where {wireType} is due", _position);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _position)
            throw Fault($"{count} bytes are due where {_bytes.Length - _position} are left", _position);

        ReadOnlySpan<byte> taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    private ulong ReadRawVarint()
    {
        int start = _position;
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (_position == _bytes.Length)
                throw Fault("a number is cut off", start);

            byte next = _bytes[_position++];
            value |= shift < 64 ? (ulong)(next & 0x7F) << shift : 0;
            if (next < 0x80)
                return value;
        }

        throw Fault("a number is longer than ten bytes", start);
    }
}
