using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Mlops.Tracking;

/// <summary>Frames messages as TFRecords: the length, its masked CRC-32C, the bytes, theirs.</summary>
internal sealed class RecordWriter
{
    private const uint MaskDelta = 0xA282_EAD8;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Bytes that were not flushed yet.</summary>
    public int Length => _bytes.WrittenCount;

    /// <summary>Adds a message, which is empty afterwards.</summary>
    public void Add(ProtobufWriter message)
    {
        ReadOnlySpan<byte> data = message.Written;
        Span<byte> head = _bytes.GetSpan(sizeof(ulong) + sizeof(uint));
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[sizeof(ulong)..], Masked(head[..sizeof(ulong)]));
        _bytes.Advance(sizeof(ulong) + sizeof(uint));
        _bytes.Write(data);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(sizeof(uint)), Masked(data));
        _bytes.Advance(sizeof(uint));
        message.Clear();
    }

    public async ValueTask FlushAsync(Stream destination, CancellationToken cancellationToken)
    {
        await destination.WriteAsync(_bytes.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _bytes.ResetWrittenCount();
    }

    private static uint Masked(ReadOnlySpan<byte> data) => unchecked(BitOperations.RotateRight(Crc32C.Of(data), 15) + MaskDelta);
}
