using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mlops.Drift;

/// <summary>Writes little-endian values and length-prefixed UTF-8 to a buffer.</summary>
internal readonly ref struct ByteWriter(IBufferWriter<byte> output)
{
    public void Write(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public void Write(bool value) => Write((byte)(value ? 1 : 0));

    public void Write(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    public void Write(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    /// <summary>By bits, so that missing values, NaN and -0 come back as they were.</summary>
    public void Write(double value) => Write(BitConverter.DoubleToInt64Bits(value));

    public void Write(UInt128 value)
    {
        Write((long)(ulong)(value >> 64));
        Write((long)(ulong)value);
    }

    public void Write(string? text)
    {
        if (text is null)
        {
            Write(-1);
            return;
        }

        int length = Encoding.UTF8.GetByteCount(text);
        Write(length);
        Encoding.UTF8.GetBytes(text, output.GetSpan(length));
        output.Advance(length);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Write(bytes.Length);
        output.Write(bytes);
    }

    public void Write(ReadOnlySpan<string> texts)
    {
        Write(texts.Length);
        foreach (string text in texts)
            Write(text);
    }

    public void Write(ReadOnlySpan<double> values)
    {
        Write(values.Length);
        foreach (double value in values)
            Write(value);
    }

    public void Write(ReadOnlySpan<long> values)
    {
        Write(values.Length);
        foreach (long value in values)
            Write(value);
    }
}
