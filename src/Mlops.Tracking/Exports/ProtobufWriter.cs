using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mlops.Tracking;

/// <summary>Writes the fields of one protobuf message; empty again once it was taken into another. Not thread-safe.</summary>
internal sealed class ProtobufWriter
{
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int BytesType = 2;
    private const int Fixed32Type = 5;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear() => _bytes.ResetWrittenCount();

    public void Integer(int field, long value)
    {
        Tag(field, VarintType);
        Varint(unchecked((ulong)value));
    }

    public void Double(int field, double value)
    {
        Tag(field, Fixed64Type);
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value);
        _bytes.Advance(sizeof(double));
    }

    public void Float(int field, float value)
    {
        Tag(field, Fixed32Type);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(sizeof(float)), value);
        _bytes.Advance(sizeof(float));
    }

    public void Text(int field, string text)
    {
        Tag(field, BytesType);
        Varint((ulong)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, _bytes);
    }

    public void Message(int field, ProtobufWriter message)
    {
        Tag(field, BytesType);
        Varint((ulong)message._bytes.WrittenCount);
        _bytes.Write(message.Written);
        message.Clear();
    }

    private void Tag(int field, int type) => Varint((ulong)(field << 3 | type));

    private void Varint(ulong value) => _bytes.Advance(Mlops.Tracking.Varint.Write(_bytes.GetSpan(Mlops.Tracking.Varint.MaximumBytes), value));
}
