using Microsoft.ML.OnnxRuntime.Tensors;
using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>The element types of serving, of ONNX files and of ONNX Runtime, one in terms of the other.</summary>
internal static class OnnxElements
{
    private static readonly (TensorDataType Served, OnnxElementType File, TensorElementType Runtime, int Size)[] All =
    [
        (TensorDataType.Boolean, OnnxElementType.Boolean, TensorElementType.Bool, 1),
        (TensorDataType.UInt8, OnnxElementType.UInt8, TensorElementType.UInt8, 1),
        (TensorDataType.UInt16, OnnxElementType.UInt16, TensorElementType.UInt16, 2),
        (TensorDataType.UInt32, OnnxElementType.UInt32, TensorElementType.UInt32, 4),
        (TensorDataType.UInt64, OnnxElementType.UInt64, TensorElementType.UInt64, 8),
        (TensorDataType.Int8, OnnxElementType.Int8, TensorElementType.Int8, 1),
        (TensorDataType.Int16, OnnxElementType.Int16, TensorElementType.Int16, 2),
        (TensorDataType.Int32, OnnxElementType.Int32, TensorElementType.Int32, 4),
        (TensorDataType.Int64, OnnxElementType.Int64, TensorElementType.Int64, 8),
        (TensorDataType.Float16, OnnxElementType.Float16, TensorElementType.Float16, 2),
        (TensorDataType.BFloat16, OnnxElementType.BFloat16, TensorElementType.BFloat16, 2),
        (TensorDataType.Float32, OnnxElementType.Float32, TensorElementType.Float, 4),
        (TensorDataType.Float64, OnnxElementType.Float64, TensorElementType.Double, 8),
        (TensorDataType.Text, OnnxElementType.String, TensorElementType.String, 0),
    ];

    /// <summary>How elements of a file are served; <c>null</c> when they cannot be.</summary>
    public static TensorDataType? ToServed(OnnxElementType type)
    {
        foreach ((TensorDataType served, OnnxElementType file, _, _) in All)
            if (file == type)
                return served;

        return null;
    }

    /// <summary>Type of ONNX Runtime.</summary>
    public static TensorElementType ToRuntime(TensorDataType type) => Of(type).Runtime;

    /// <summary>Bytes of one element; 0 for text.</summary>
    public static int Size(TensorDataType type) => Of(type).Size;

    private static (TensorElementType Runtime, int Size) Of(TensorDataType type)
    {
        foreach ((TensorDataType served, _, TensorElementType runtime, int size) in All)
            if (served == type)
                return (runtime, size);

        throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type.");
    }
}
