namespace Mlops.Serving.AspNetCore;

/// <summary>The protocol's names of element types.</summary>
internal static class WireTypes
{
    /// <summary>For messages.</summary>
    public const string All = "BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64 and BYTES";

    public static string NameOf(TensorDataType type) => type switch
    {
        TensorDataType.Boolean => "BOOL",
        TensorDataType.UInt8 => "UINT8",
        TensorDataType.UInt16 => "UINT16",
        TensorDataType.UInt32 => "UINT32",
        TensorDataType.UInt64 => "UINT64",
        TensorDataType.Int8 => "INT8",
        TensorDataType.Int16 => "INT16",
        TensorDataType.Int32 => "INT32",
        TensorDataType.Int64 => "INT64",
        TensorDataType.Float16 => "FP16",
        TensorDataType.BFloat16 => "BF16",
        TensorDataType.Float32 => "FP32",
        TensorDataType.Float64 => "FP64",
        _ => "BYTES",
    };

    public static bool TryParse(ReadOnlySpan<byte> name, out TensorDataType type)
    {
        for (type = TensorDataType.Boolean; type <= TensorDataType.Text; type++)
            if (System.Text.Ascii.Equals(name, NameOf(type)))
                return true;

        return false;
    }

    public static bool TryParse(string name, out TensorDataType type)
    {
        for (type = TensorDataType.Boolean; type <= TensorDataType.Text; type++)
            if (name == NameOf(type))
                return true;

        return false;
    }

    /// <summary>Whether JSON has a form for elements of the type: the protocol has none for halves.</summary>
    public static bool HasJsonForm(this TensorDataType type) => type is not (TensorDataType.Float16 or TensorDataType.BFloat16);
}
