using System.Runtime.InteropServices;
using Google.Protobuf;
using Inference;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>Messages as clients make and read them.</summary>
internal static class GrpcCalls
{
    public static ModelInferRequest Call(string model, string version = "") => new() { ModelName = model, ModelVersion = version };

    /// <summary>Adds an input as bytes.</summary>
    public static ModelInferRequest Raw<T>(this ModelInferRequest call, string name, string datatype, long[] shape, ReadOnlySpan<T> values)
        where T : struct
    {
        call.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = datatype, Shape = { shape } });
        call.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(values)));
        return call;
    }

    /// <summary>Adds an input by type.</summary>
    public static ModelInferRequest Typed(this ModelInferRequest call, string name, string datatype, long[] shape, InferTensorContents contents)
    {
        call.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = datatype, Shape = { shape }, Contents = contents });
        return call;
    }

    /// <summary>Adds an input of floats, in one form or the other.</summary>
    public static ModelInferRequest Floats(this ModelInferRequest call, string name, long[] shape, float[] values, bool isRaw = true) => isRaw
        ? call.Raw<float>(name, "FP32", shape, values)
        : call.Typed(name, "FP32", shape, new InferTensorContents { Fp32Contents = { values } });

    /// <summary>The elements of an output, in whichever form they are.</summary>
    public static double[] Numbers(this ModelInferResponse answer, string output)
    {
        int index = Enumerable.Range(0, answer.Outputs.Count).Single(i => answer.Outputs[i].Name == output);
        string datatype = answer.Outputs[index].Datatype;
        if (answer.RawOutputContents.Count > 0)
        {
            ReadOnlySpan<byte> raw = answer.RawOutputContents[index].Span;
            return datatype switch
            {
                "FP32" => [.. MemoryMarshal.Cast<byte, float>(raw).ToArray().Select(static value => (double)value)],
                "INT64" => [.. MemoryMarshal.Cast<byte, long>(raw).ToArray().Select(static value => (double)value)],
                "INT32" => [.. MemoryMarshal.Cast<byte, int>(raw).ToArray().Select(static value => (double)value)],
                _ => throw new ArgumentException(datatype, nameof(output)),
            };
        }

        InferTensorContents contents = answer.Outputs[index].Contents;
        return datatype switch
        {
            "FP32" => [.. contents.Fp32Contents],
            "INT64" => [.. contents.Int64Contents],
            "INT32" => [.. contents.IntContents],
            _ => throw new ArgumentException(datatype, nameof(output)),
        };
    }
}
