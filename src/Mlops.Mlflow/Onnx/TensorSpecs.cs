using System.Buffers;
using System.Text;
using System.Text.Json;
using Mlops.Onnx;

namespace Mlops.Mlflow;

/// <summary>Inputs and outputs in MLflow's form: <c>[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]</c>.</summary>
internal static class TensorSpecs
{
    /// <summary>Null when one of them is no tensor of a known rank, or of elements that numpy has no name for.</summary>
    public static string? Write(IReadOnlyList<OnnxValue> values)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (OnnxValue value in values)
            {
                if (value.Kind != OnnxValueKind.Tensor || value.Shape is null || TypeOf(value.ElementType) is not { } type)
                {
                    return null;
                }

                writer.WriteStartObject();
                writer.WriteString("name", value.Name);
                writer.WriteString("type", "tensor");
                writer.WriteStartObject("tensor-spec");
                writer.WriteString("dtype", type);
                writer.WriteStartArray("shape");
                foreach (OnnxDimension dimension in value.Shape)
                {
                    writer.WriteNumberValue(dimension.IsFixed ? dimension.Size : -1);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string? TypeOf(OnnxElementType type) => type switch
    {
        OnnxElementType.Float16 => "float16",
        OnnxElementType.Float32 => "float32",
        OnnxElementType.Float64 => "float64",
        OnnxElementType.Int8 => "int8",
        OnnxElementType.Int16 => "int16",
        OnnxElementType.Int32 => "int32",
        OnnxElementType.Int64 => "int64",
        OnnxElementType.UInt8 => "uint8",
        OnnxElementType.UInt16 => "uint16",
        OnnxElementType.UInt32 => "uint32",
        OnnxElementType.UInt64 => "uint64",
        OnnxElementType.Boolean => "bool",
        OnnxElementType.String => "str",
        _ => null,
    };
}
