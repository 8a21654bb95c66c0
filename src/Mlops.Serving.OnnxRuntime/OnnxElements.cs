using Microsoft.ML.OnnxRuntime.Tensors;
using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>The element types of serving, of ONNX files and of ONNX Runtime, one in terms of the other.</summary>
internal static class OnnxElements
{
    private static readonly (TensorDataType Served, OnnxElementType File, TensorElementType Runtime)[] All =
    [
        (TensorDataType.Boolean, OnnxElementType.Boolean, TensorElementType.Bool),
        (TensorDataType.UInt8, OnnxElementType.UInt8, TensorElementType.UInt8),
        (TensorDataType.UInt16, OnnxElementType.UInt16, TensorElementType.UInt16),
        (TensorDataType.UInt32, OnnxElementType.UInt32, TensorElementType.UInt32),
        (TensorDataType.UInt64, OnnxElementType.UInt64, TensorElementType.UInt64),
        (TensorDataType.Int8, OnnxElementType.Int8, TensorElementType.Int8),
        (TensorDataType.Int16, OnnxElementType.Int16, TensorElementType.Int16),
        (TensorDataType.Int32, OnnxElementType.Int32, TensorElementType.Int32),
        (TensorDataType.Int64, OnnxElementType.Int64, TensorElementType.Int64),
        (TensorDataType.Float16, OnnxElementType.Float16, TensorElementType.Float16),
        (TensorDataType.BFloat16, OnnxElementType.BFloat16, TensorElementType.BFloat16),
        (TensorDataType.Float32, OnnxElementType.Float32, TensorElementType.Float),
        (TensorDataType.Float64, OnnxElementType.Float64, TensorElementType.Double),
        (TensorDataType.Text, OnnxElementType.String, TensorElementType.String),
    ];

    /// <summary>How elements of a file are served; <c>null</c> when they cannot be.</summary>
    public static TensorDataType? ToServed(OnnxElementType type)
    {
        foreach ((TensorDataType served, OnnxElementType file, _) in All)
            if (file == type)
                return served;

        return null;
    }

    /// <summary>Type of ONNX Runtime.</summary>
    public static TensorElementType ToRuntime(TensorDataType type)
    {
        foreach ((TensorDataType served, _, TensorElementType runtime) in All)
            if (served == type)
                return runtime;

        throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type.");
    }
}
