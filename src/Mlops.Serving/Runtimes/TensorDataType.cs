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
}
