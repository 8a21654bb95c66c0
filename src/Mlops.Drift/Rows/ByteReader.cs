using System.Buffers.Binary;
using System.Text;

namespace Mlops.Drift;

/// <summary>Reads what <see cref="ByteWriter"/> wrote and never beyond its end: lengths are checked before anything is allocated.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes, string what)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte ReadByte() => Take(1)[0];

    public bool ReadBoolean() => ReadByte() != 0;

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public double ReadDouble() => BitConverter.Int64BitsToDouble(ReadInt64());

    public UInt128 ReadUInt128()
    {
        ulong high = (ulong)ReadInt64();
        return new UInt128(high, (ulong)ReadInt64());
    }

    /// <summary>A count of items that take at least <paramref name="itemBytes"/> each, so that a damaged count cannot exhaust memory.</summary>
    public int ReadCount(int itemBytes)
    {
        int count = ReadInt32();
        if (count < 0 || (long)count * itemBytes > _rest.Length)
            throw new DriftFormatException($"Reading a {what}: it names {count} items and holds {_rest.Length} more bytes. It is damaged or cut short.");
        return count;
    }

    public string? ReadString()
    {
        int length = ReadInt32();
        return length == -1 ? null : Encoding.UTF8.GetString(Take(length));
    }

    public string ReadText() => ReadString() ?? throw new DriftFormatException($"Reading a {what}: a text is absent. It is damaged.");

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadInt32());

    public string[] ReadStrings()
    {
        string[] texts = new string[ReadCount(sizeof(int))];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = ReadText();
        return texts;
    }

    public double[] ReadDoubles() => ReadDoubles(ReadCount(sizeof(double)));

    public long[] ReadInt64s() => ReadInt64s(ReadCount(sizeof(long)));

    public double[] ReadDoubles(int count)
    {
        ReadOnlySpan<byte> source = Take(checked(count * sizeof(double)));
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
            values[i] = BinaryPrimitives.ReadDoubleLittleEndian(source[(i * sizeof(double))..]);
        return values;
    }

    public long[] ReadInt64s(int count)
    {
        ReadOnlySpan<byte> source = Take(checked(count * sizeof(long)));
        long[] values = new long[count];
        for (int i = 0; i < count; i++)
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(source[(i * sizeof(long))..]);
        return values;
    }

    public int[] ReadInt32s(int count)
    {
        ReadOnlySpan<byte> source = Take(checked(count * sizeof(int)));
        int[] values = new int[count];
        for (int i = 0; i < count; i++)
            values[i] = BinaryPrimitives.ReadInt32LittleEndian(source[(i * sizeof(int))..]);
        return values;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _rest.Length)
            throw new DriftFormatException($"Reading a {what}: {length} bytes are needed and {_rest.Length} are left. It is damaged or cut short.");
        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
