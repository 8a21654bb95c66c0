using System.Numerics;
using System.Runtime.InteropServices;

namespace Mlops.Serving;

#pragma warning disable CA1720 // the names are those of the types they stand for
/// <summary>Type of one element of an input or output.</summary>
public enum TensorDataType
{
    /// <summary>Boolean, one byte.</summary>
    Boolean,

    /// <summary>8-bit unsigned integer.</summary>
    UInt8,

    /// <summary>16-bit unsigned integer.</summary>
    UInt16,

    /// <summary>32-bit unsigned integer.</summary>
    UInt32,

    /// <summary>64-bit unsigned integer.</summary>
    UInt64,

    /// <summary>8-bit signed integer.</summary>
    Int8,

    /// <summary>16-bit signed integer.</summary>
    Int16,

    /// <summary>32-bit signed integer.</summary>
    Int32,

    /// <summary>64-bit signed integer.</summary>
    Int64,

    /// <summary>16-bit IEEE float.</summary>
    Float16,

    /// <summary>16-bit float with eight exponent bits.</summary>
    BFloat16,

    /// <summary>32-bit IEEE float.</summary>
    Float32,

    /// <summary>64-bit IEEE float.</summary>
    Float64,

    /// <summary>
    /// Bytes of any length per element, usually UTF-8 text: the protocol's BYTES. A tensor of them is packed: each element as its
    /// length (unsigned, 32 bits, little-endian) and its bytes.
    /// </summary>
    Text,
}

/// <summary>Facts about element types.</summary>
public static class TensorDataTypes
{
    /// <summary>Bytes of one element; 0 for <see cref="TensorDataType.Text"/>, whose elements have a length each.</summary>
    public static int Size(this TensorDataType type) => type switch
    {
        TensorDataType.Text => 0,
        TensorDataType.Boolean or TensorDataType.UInt8 or TensorDataType.Int8 => 1,
        TensorDataType.UInt16 or TensorDataType.Int16 or TensorDataType.Float16 or TensorDataType.BFloat16 => 2,
        TensorDataType.UInt32 or TensorDataType.Int32 or TensorDataType.Float32 => 4,
        _ => 8,
    };

    /// <summary>Whether <typeparamref name="T"/> is how C# holds elements of that type. BFloat16 has no type of its own: its bits, as ushort.</summary>
    internal static bool IsHeldBy<T>(this TensorDataType type) => type switch
    {
        TensorDataType.Boolean => typeof(T) == typeof(bool),
        TensorDataType.UInt8 => typeof(T) == typeof(byte),
        TensorDataType.UInt16 => typeof(T) == typeof(ushort),
        TensorDataType.UInt32 => typeof(T) == typeof(uint),
        TensorDataType.UInt64 => typeof(T) == typeof(ulong),
        TensorDataType.Int8 => typeof(T) == typeof(sbyte),
        TensorDataType.Int16 => typeof(T) == typeof(short),
        TensorDataType.Int32 => typeof(T) == typeof(int),
        TensorDataType.Int64 => typeof(T) == typeof(long),
        TensorDataType.Float16 => typeof(T) == typeof(Half),
        TensorDataType.BFloat16 => typeof(T) == typeof(ushort),
        TensorDataType.Float32 => typeof(T) == typeof(float),
        TensorDataType.Float64 => typeof(T) == typeof(double),
        _ => false,
    };

    internal static bool IsFloat(this TensorDataType type) =>
        type is TensorDataType.Float16 or TensorDataType.BFloat16 or TensorDataType.Float32 or TensorDataType.Float64;

    /// <summary>Whether no element of a floating-point type is NaN or infinity.</summary>
    internal static bool AreFinite(this TensorDataType type, ReadOnlySpan<byte> elements) => type switch
    {
        TensorDataType.Float32 => AreFinite(MemoryMarshal.Cast<byte, float>(elements)),
        TensorDataType.Float64 => AreFinite(MemoryMarshal.Cast<byte, double>(elements)),
        TensorDataType.Float16 => AreFinite(MemoryMarshal.Cast<byte, Half>(elements)),
        TensorDataType.BFloat16 => AreFiniteBits(MemoryMarshal.Cast<byte, ushort>(elements)),
        _ => true,
    };

    private static bool AreFinite<T>(ReadOnlySpan<T> values)
        where T : struct, INumberBase<T>
    {
        int i = 0;
        if (Vector<T>.IsSupported && values.Length >= Vector<T>.Count)
        {
            // Nothing but NaN and infinity gives NaN when it is multiplied by zero.
            Vector<T> sum = Vector<T>.Zero;
            for (; i <= values.Length - Vector<T>.Count; i += Vector<T>.Count)
                sum += new Vector<T>(values[i..]) * Vector<T>.Zero;
            if (!Vector.EqualsAll(sum, Vector<T>.Zero))
                return false;
        }

        for (; i < values.Length; i++)
            if (!T.IsFinite(values[i]))
                return false;

        return true;
    }

    // All exponent bits are set in NaN and infinity alone.
    private static bool AreFiniteBits(ReadOnlySpan<ushort> bits)
    {
        foreach (ushort one in bits)
            if ((one & 0x7F80) == 0x7F80)
                return false;

        return true;
    }
}
