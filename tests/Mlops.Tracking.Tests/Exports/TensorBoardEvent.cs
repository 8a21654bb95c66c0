using System.Buffers.Binary;
using System.Text;

namespace Mlops.Tracking.Tests.Exports;

/// <summary>An event as TensorBoard's own reader sees it: TFRecord frames with both masked checksums, then protobuf.</summary>
internal sealed class TensorBoardEvent
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(static i =>
    {
        uint crc = (uint)i;
        for (int bit = 0; bit < 8; bit++)
        {
            crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0x82F6_3B78;
        }

        return crc;
    })];

    public double WallTime { get; private set; }

    public long Step { get; private set; }

    public string? FileVersion { get; private set; }

    public string? Tag { get; private set; }

    public float? Value { get; private set; }

    public string? Plugin { get; private set; }

    public Dictionary<string, object> Parameters { get; } = [];

    public static List<TensorBoardEvent> Read(ReadOnlySpan<byte> file)
    {
        // The check value of CRC-32C, so that the two ends do not agree on something else.
        Assert.That(Crc("123456789"u8), Is.EqualTo(0xE306_9283));
        List<TensorBoardEvent> events = [];
        while (!file.IsEmpty)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(file[8..]), Is.EqualTo(Masked(file[..8])), "checksum of the length");
            ReadOnlySpan<byte> data = file.Slice(12, length);
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(file[(12 + length)..]), Is.EqualTo(Masked(data)), "checksum of the data");
            events.Add(Parse(data));
            file = file[(16 + length)..];
        }

        return events;
    }

    private static TensorBoardEvent Parse(ReadOnlySpan<byte> data)
    {
        var read = new TensorBoardEvent();
        foreach ((int field, object content) in Fields(data))
        {
            switch (field)
            {
                case 1:
                    read.WallTime = BitConverter.Int64BitsToDouble((long)content);
                    break;
                case 2:
                    read.Step = (long)content;
                    break;
                case 3:
                    read.FileVersion = Encoding.UTF8.GetString((byte[])content);
                    break;
                case 5:
                    read.Summary(Only((byte[])content, 1));
                    break;
                default:
                    Assert.Fail($"field {field}");
                    break;
            }
        }

        return read;
    }

    private void Summary(byte[] value)
    {
        foreach ((int field, object content) in Fields(value))
        {
            switch (field)
            {
                case 1:
                    Tag = Encoding.UTF8.GetString((byte[])content);
                    break;
                case 2:
                    Value = BitConverter.Int32BitsToSingle((int)content);
                    break;
                case 9:
                    PluginData(Only((byte[])content, 1));
                    break;
            }
        }
    }

    private void PluginData(byte[] data)
    {
        List<(int Field, object Content)> fields = Fields(data);
        Plugin = Encoding.UTF8.GetString((byte[])fields.Single(static field => field.Field == 1).Content);
        (int kind, object session) = Fields((byte[])fields.Single(static field => field.Field == 2).Content).Single();
        if (kind != 3)
        {
            return;
        }

        foreach ((int field, object entry) in Fields((byte[])session).Where(static field => field.Field == 1))
        {
            List<(int Field, object Content)> pair = Fields((byte[])entry);
            (int type, object value) = Fields((byte[])pair.Single(static part => part.Field == 2).Content).Single();
            Parameters.Add(
                Encoding.UTF8.GetString((byte[])pair.Single(static part => part.Field == 1).Content),
                type == 2 ? BitConverter.Int64BitsToDouble((long)value) : Encoding.UTF8.GetString((byte[])value));
        }
    }

    private static byte[] Only(byte[] data, int field)
    {
        (int only, object content) = Fields(data).Single();
        Assert.That(only, Is.EqualTo(field));
        return (byte[])content;
    }

    private static List<(int Field, object Content)> Fields(ReadOnlySpan<byte> data)
    {
        List<(int, object)> fields = [];
        while (!data.IsEmpty)
        {
            ulong tag = Varint(ref data);
            object content;
            switch (tag & 7)
            {
                case 0:
                    content = unchecked((long)Varint(ref data));
                    break;
                case 1:
                    content = BinaryPrimitives.ReadInt64LittleEndian(data);
                    data = data[8..];
                    break;
                case 2:
                    int length = (int)Varint(ref data);
                    content = data[..length].ToArray();
                    data = data[length..];
                    break;
                default:
                    Assert.That(tag & 7, Is.EqualTo(5));
                    content = BinaryPrimitives.ReadInt32LittleEndian(data);
                    data = data[4..];
                    break;
            }

            fields.Add(((int)(tag >> 3), content));
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = data[0];
            data = data[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = Crc(data);
        return unchecked((crc >> 15 | crc << 17) + 0xA282_EAD8);
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc = Table[(byte)(crc ^ b)] ^ crc >> 8;
        }

        return ~crc;
    }
}
