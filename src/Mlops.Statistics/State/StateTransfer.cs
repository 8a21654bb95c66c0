using System.Buffers;
using System.Buffers.Binary;

namespace Mlops.Statistics;

/// <summary>Moves values into a buffer or out of one, so that a detector lists its fields once.</summary>
internal ref struct StateTransfer
{
    private readonly ArrayBufferWriter<byte>? _writer;
    private ReadOnlySpan<byte> _reader;

    public StateTransfer(ArrayBufferWriter<byte> writer) => _writer = writer;

    public StateTransfer(ReadOnlySpan<byte> reader) => _reader = reader;

    /// <summary>A setting: written, and on reading compared with the detector's own.</summary>
    public void Setting(double value, string name)
    {
        double stored = value;
        Value(ref stored);
        if (BitConverter.DoubleToInt64Bits(stored) != BitConverter.DoubleToInt64Bits(value))
            throw new FormatException($"The state was saved with {name} = {stored}; this one has {value}. Construct it with the saved settings.");
    }

    public void Value(ref double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        Value(ref bits);
        value = BitConverter.Int64BitsToDouble(bits);
    }

    public void Value(ref bool value)
    {
        long bits = value ? 1 : 0;
        Value(ref bits);
        value = bits != 0;
    }

    public void Value(ref int value)
    {
        long bits = value;
        Value(ref bits);
        value = bits == (int)bits ? (int)bits : throw new FormatException($"The state holds {bits} where a number of 32 bits belongs.");
    }

    public void Value(ref long value)
    {
        if (_writer is not null)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_writer.GetSpan(sizeof(long)), value);
            _writer.Advance(sizeof(long));
            return;
        }

        if (_reader.Length < sizeof(long))
            throw new FormatException("The state is cut short.");
        value = BinaryPrimitives.ReadInt64LittleEndian(_reader);
        _reader = _reader[sizeof(long)..];
    }

    public void Values(Span<double> values)
    {
        foreach (ref double value in values)
            Value(ref value);
    }

    /// <summary>Lengths that must all lie in 0..<paramref name="limit"/>.</summary>
    public void Lengths(Span<int> values, int limit)
    {
        foreach (ref int value in values)
            Length(ref value, limit);
    }

    /// <summary>A length that must lie in 0..<paramref name="limit"/>.</summary>
    public void Length(ref int value, int limit)
    {
        Value(ref value);
        if (value < 0 || value > limit)
            throw new FormatException($"The state names {value} entries where 0 to {limit} are possible.");
    }

    /// <summary>A length of so many doubles that follow, which a state that is read must still hold.</summary>
    public void LengthOfDoubles(ref int value, int limit)
    {
        Length(ref value, limit);
        if (_writer is null && (long)value * sizeof(double) > _reader.Length)
            throw new FormatException($"The state names {value} numbers and holds {_reader.Length} more bytes. It is cut short.");
    }

    public readonly void EnsureEnd()
    {
        if (!_reader.IsEmpty)
            throw new FormatException($"The state has {_reader.Length} bytes too many.");
    }
}
