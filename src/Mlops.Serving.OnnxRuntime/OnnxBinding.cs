using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>The tensors of one slot for one number of rows, bound to the session.</summary>
internal sealed unsafe class OnnxBinding : IDisposable
{
    private readonly List<OrtValue> _values = [];

    public OnnxBinding(InferenceSession session, byte* start, OnnxSlot.Region[] inputs, OnnxSlot.Region[] outputs, int rows)
    {
        Binding = session.CreateIoBinding();
        try
        {
            foreach (OnnxSlot.Region input in inputs)
                Binding.BindInput(input.Spec.Name, Value(start, input, rows));
            foreach (OnnxSlot.Region output in outputs)
                Binding.BindOutput(output.Spec.Name, Value(start, output, rows));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public OrtIoBinding Binding { get; }

    public void Dispose()
    {
        Binding.Dispose();
        foreach (OrtValue value in _values)
            value.Dispose();
    }

    private OrtValue Value(byte* start, OnnxSlot.Region region, int rows)
    {
        long[] shape = [rows, .. region.Spec.Shape.Skip(1)];
        OrtValue value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, ToElementType(region.Spec.Type), shape, (nint)(start + region.Offset), (long)region.Spec.BytesPerRow!.Value * rows);
        _values.Add(value);
        return value;
    }

    private static TensorElementType ToElementType(TensorDataType type) => type switch
    {
        TensorDataType.Boolean => TensorElementType.Bool,
        TensorDataType.UInt8 => TensorElementType.UInt8,
        TensorDataType.UInt16 => TensorElementType.UInt16,
        TensorDataType.UInt32 => TensorElementType.UInt32,
        TensorDataType.UInt64 => TensorElementType.UInt64,
        TensorDataType.Int8 => TensorElementType.Int8,
        TensorDataType.Int16 => TensorElementType.Int16,
        TensorDataType.Int32 => TensorElementType.Int32,
        TensorDataType.Int64 => TensorElementType.Int64,
        TensorDataType.Float16 => TensorElementType.Float16,
        TensorDataType.BFloat16 => TensorElementType.BFloat16,
        TensorDataType.Float32 => TensorElementType.Float,
        TensorDataType.Float64 => TensorElementType.Double,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type."),
    };
}
