using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

/// <summary>Writes an answer as a message, in the form of the call: raw or by type.</summary>
internal static class GrpcOutputs
{
    public static ModelInferResponse Write(TensorResponse response, ModelInferRequest call)
    {
        var message = new ModelInferResponse
        {
            ModelName = response.Model,
            ModelVersion = response.Version.Number.ToString(CultureInfo.InvariantCulture),
            Id = call.Id,
            Parameters = { [GrpcParameters.PredictionId] = new InferParameter { StringParam = response.Id.ToString() } },
        };
        bool isRaw = GrpcParameters.WantsRaw(call) || NeedsRaw(response.Outputs);
        foreach (ModelTensor tensor in response.Outputs)
        {
            var output = new ModelInferResponse.Types.InferOutputTensor { Name = tensor.Name, Datatype = WireTypes.NameOf(tensor.Type) };
            foreach (long size in tensor.Shape)
                output.Shape.Add(size);
            if (isRaw)
                message.RawOutputContents.Add(ByteString.CopyFrom(tensor.Bytes));
            else
                output.Contents = Contents(tensor);
            message.Outputs.Add(output);
        }

        return message;
    }

    // Floats of 16 bits have no typed form, and a message has all outputs in one of the two.
    private static bool NeedsRaw(IReadOnlyList<ModelTensor> outputs)
    {
        foreach (ModelTensor tensor in outputs)
            if (tensor.Type is TensorDataType.Float16 or TensorDataType.BFloat16)
                return true;

        return false;
    }

    private static InferTensorContents Contents(ModelTensor tensor)
    {
        var contents = new InferTensorContents();
        switch (tensor.Type)
        {
            case TensorDataType.Boolean:
                contents.BoolContents.Capacity = tensor.Bytes.Length;
                foreach (byte value in tensor.Bytes)
                    contents.BoolContents.Add(value != 0);
                break;
            case TensorDataType.Int8:
                Copy<sbyte, int>(tensor, contents.IntContents);
                break;
            case TensorDataType.Int16:
                Copy<short, int>(tensor, contents.IntContents);
                break;
            case TensorDataType.Int32:
                Copy<int, int>(tensor, contents.IntContents);
                break;
            case TensorDataType.Int64:
                Copy<long, long>(tensor, contents.Int64Contents);
                break;
            case TensorDataType.UInt8:
                Copy<byte, uint>(tensor, contents.UintContents);
                break;
            case TensorDataType.UInt16:
                Copy<ushort, uint>(tensor, contents.UintContents);
                break;
            case TensorDataType.UInt32:
                Copy<uint, uint>(tensor, contents.UintContents);
                break;
            case TensorDataType.UInt64:
                Copy<ulong, ulong>(tensor, contents.Uint64Contents);
                break;
            case TensorDataType.Float32:
                Copy<float, float>(tensor, contents.Fp32Contents);
                break;
            case TensorDataType.Float64:
                Copy<double, double>(tensor, contents.Fp64Contents);
                break;
            default:
                foreach (ReadOnlySpan<byte> text in tensor.EnumerateText())
                    contents.BytesContents.Add(ByteString.CopyFrom(text));
                break;
        }

        return contents;
    }

    private static void Copy<TFrom, TTo>(ModelTensor tensor, RepeatedField<TTo> target)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        ReadOnlySpan<TFrom> elements = MemoryMarshal.Cast<byte, TFrom>(tensor.Bytes);
        target.Capacity = elements.Length;
        foreach (TFrom element in elements)
            target.Add(TTo.CreateTruncating(element));
    }
}
