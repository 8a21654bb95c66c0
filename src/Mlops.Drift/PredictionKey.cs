using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Mlops.Drift;

/// <summary>
/// Names one prediction, so that its label can be joined later. Converts from the ids hosts have: text, numbers, GUIDs.
/// 128 bits; the default value is no key.
/// </summary>
public readonly struct PredictionKey : IEquatable<PredictionKey>
{
    private PredictionKey(UInt128 value) => Value = value;

    /// <summary>No key: the row takes part in windows but can get no label later.</summary>
    public static PredictionKey None => default;

    /// <summary>True for the default value.</summary>
    public bool IsNone => Value == UInt128.Zero;

    internal UInt128 Value { get; }

    /// <summary>A key from text: its 128-bit XXH3 hash, the same in every process. Null or empty text is <see cref="None"/>.</summary>
    public static PredictionKey From(ReadOnlySpan<char> text) =>
        text.IsEmpty ? default : new PredictionKey(XxHash128.HashToUInt128(MemoryMarshal.AsBytes(text)));

    /// <summary>A key from a number; 0 is a key like any other.</summary>
    public static PredictionKey From(long number) => new(new UInt128(1, unchecked((ulong)number)));

    /// <inheritdoc cref="From(long)"/>
    public static PredictionKey From(int number) => From((long)number);

    /// <summary>A key from a GUID; the empty GUID is <see cref="None"/>.</summary>
    public static PredictionKey From(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return new PredictionKey(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>A key from any 128 bits; 0 is <see cref="None"/>.</summary>
    public static PredictionKey From(UInt128 value) => new(value);

    /// <inheritdoc cref="From(ReadOnlySpan{char})"/>
    public static implicit operator PredictionKey(string? text) => From(text.AsSpan());

    /// <inheritdoc cref="From(long)"/>
    public static implicit operator PredictionKey(long number) => From(number);

    /// <inheritdoc cref="From(Guid)"/>
    public static implicit operator PredictionKey(Guid id) => From(id);

    /// <inheritdoc/>
    public bool Equals(PredictionKey other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PredictionKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((int)Mixer.Mix(Value));

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Equal keys.</summary>
    public static bool operator ==(PredictionKey left, PredictionKey right) => left.Equals(right);

    /// <summary>Different keys.</summary>
    public static bool operator !=(PredictionKey left, PredictionKey right) => !left.Equals(right);
}
